// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* record_command.c: slabscope record. */
#include <limits.h>

#include "command/commands.h"
#include "command/options_btf.h"
#include "command/options_caches.h"
#include "record/record.h"

static const struct argp_option rows[] = {
	{"delay", 'd', "SECONDS", 0, "End after SECONDS", 0},
	{"pid", 'p', "PID", 0, "Record only process PID and its children", 0},
	{"kernel", 'k', NULL, 0,
	 "Record the running kernel's allocator instead, for all processes and interrupts", 0},
	{"probes", 'P', NULL, 0,
	 "Record COMMAND by libslab's probes, as a running process, not through rings", 0},
	{0},
};

static error_t take_argument(struct argp_state *state, char *value)
{
	struct record_options *o = state->input;

	if (!o->dir) {
		o->dir = value;
	} else {
		o->command = state->argv + state->next - 1;
		state->next = state->argc;
	}
	return 0;
}

static error_t check(const struct argp_state *state)
{
	const struct record_options *o = state->input;

	if (!o->dir)
		return options_wrong(state, "argument", "DIR", "it is missing");
	if (o->pid && o->command)
		return options_conflict(state, "-p and a command exclude each other: give one");
	if (o->probes && (!o->command || o->kernel))
		return options_conflict(state,
					"--probes is for a command, without --kernel: all else "
					"is recorded by probes in any case");
	if (o->pid && o->kernel)
		return options_conflict(
			state, "-p and --kernel exclude each other: a replay of one process needs "
			       "the kernel's events of the others");
	return 0;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct record_options *o = state->input;
	long number;

	switch (key) {
	case 'd':
		if (!options_number(value, 0.1, 1e9, &o->seconds))
			return options_wrong(state, "-d", value, "SECONDS must be at least 0.1");
		return 0;
	case 'k':
		o->kernel = true;
		return 0;
	case 'p':
		if (!options_whole(value, 1, INT_MAX, &number))
			return options_wrong(state, "-p", value,
					     "PID must be the number of a process");
		o->pid = (int)number;
		return 0;
	case 'P':
		o->probes = true;
		return 0;
	case ARGP_KEY_ARG:
		return take_argument(state, value);
	case ARGP_KEY_END:
		return check(state);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp own = {.options = rows, .parser = parse};
static const struct option_group groups[] = {
	{&own, 0},
	{&options_caches, offsetof(struct record_options, caches)},
	{&options_btf, offsetof(struct record_options, btf)},
	{0},
};

static const struct example examples[] = {
	{"Record a program from its first instruction on", "slabscope record trace -- ./server"},
	{"Record a running process for ten seconds", "slabscope record -p 4121 -d 10 trace"},
	{"Record two of the kernel's caches while a command runs",
	 "slabscope record -k -c 'filp,dentry' trace -- find /usr"},
	{"Read the recording as text", "babeltrace2 trace"},
	{0},
};

static int run(int argc, char **argv, struct failure *f)
{
	struct record_options o = {0};

	return options_parse(&record_command, &o, argc, argv, f) ? EXIT_USAGE : record_run(&o, f);
}

const struct command record_command = {
	.name = "record",
	.summary = "record every event of libslab, or of the kernel's allocator",
	.arguments = "DIR [-- COMMAND...]",
	.about =
		"Records every allocation, free, refill, flush and list move of processes on "
		"libslab into the new directory DIR. With a COMMAND, slabscope records it from its "
		"first instruction until it ends, and all that it starts. Without COMMAND and -p, "
		"slabscope records every process that uses libslab. With --kernel, it records the "
		"kernel's own allocator, while COMMAND runs if there is one.",
	.notes = "DIR is a CTF 1.8 trace, which babeltrace2, Trace Compass and 'slabscope replay' "
		 "read. A recording stays readable however it ends. With --kernel, DIR is "
		 "readable by its owner alone, and refills are inferred where the kernel does "
		 "not show them. A signal ends the recording, and COMMAND by SIGTERM; a second "
		 "signal, or ten seconds, end COMMAND by SIGKILL. "
		 "Recording a COMMAND needs no privileges: libslab writes its events into shared "
		 "memory. With --kernel, --probes or -p, and without COMMAND, it needs root, or "
		 "CAP_BPF and CAP_PERFMON.",
	.options = groups,
	.examples = examples,
	.run = run,
};
