// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* workload_command.c: slabscope workload. */
#include "command/commands.h"
#include "command/values.h"
#include "command/workload.h"

#define SECONDS	    2 /* by default */
#define SECONDS_MAX 3600

struct workload_options {
	const char *name;
	double seconds;
};

static const struct argp_option rows[] = {
	{"delay", 'd', "SECONDS", 0, "End after SECONDS, 0.1 to 3600 [default: 2]", 0},
	{0},
};

static error_t take_name(const struct argp_state *state, const char *value)
{
	struct workload_options *o = state->input;
	char wanted[256];

	if (o->name)
		return ARGP_ERR_UNKNOWN;
	o->name = value;
	if (workload_exists(value))
		return 0;
	values_wanted("WORKLOAD", wanted, sizeof(wanted));
	return options_wrong(state, "argument", value, wanted);
}

static error_t check(const struct argp_state *state)
{
	struct workload_options *o = state->input;
	char wanted[256];

	if (o->name)
		return 0;
	values_wanted("WORKLOAD", wanted, sizeof(wanted));
	return options_wrong(state, "argument", "is missing", wanted);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct workload_options *o = state->input;

	switch (key) {
	case 'd':
		if (!options_number(value, 0.1, SECONDS_MAX, &o->seconds))
			return options_wrong(state, "-d", value,
					     "SECONDS must be from 0.1 to 3600");
		return 0;
	case ARGP_KEY_ARG:
		return take_name(state, value);
	case ARGP_KEY_END:
		return check(state);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp own = {.options = rows, .parser = parse};
static const struct option_group groups[] = {{&own, 0}, {0}};

static const struct example examples[] = {
	{"Open and close files for ten seconds", "slabscope workload -d 10 files"},
	{"Record what sockets make the kernel allocate",
	 "slabscope record -k trace -- slabscope workload sockets"},
	{0},
};

static int run(int argc, char **argv, struct failure *f)
{
	struct workload_options o = {.seconds = SECONDS};

	if (options_parse(&workload_command, &o, argc, argv, f))
		return EXIT_USAGE;
	return workload_run(o.name, o.seconds, f);
}

const struct command workload_command = {
	.name = "workload",
	.summary = "make the kernel allocate: files, sockets, pipes, ...",
	.arguments = "WORKLOAD",
	.about =
		"Makes the kernel allocate and free objects, in order to observe it. It runs on up "
		"to four CPUs, in batches of random size. workload needs no privilege, and leaves "
		"nothing behind.",
	.notes = "all takes the other workloads in turn; messages are those of System V.",
	.options = groups,
	.examples = examples,
	.run = run,
};
