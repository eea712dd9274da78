// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* options_compare.c: the command line of compare. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "command/compare_command.h"
#include "command/options_parse.h"
#include "command/workload.h"

#define RUNS	 5 /* by default */
#define RUNS_MAX 100
#define SECONDS	 5

enum {
	KEY_LIMIT = 256,
	KEY_BATCHCOUNT,
	KEY_SHAREDFACTOR,
	KEY_CLOCK,
	KEY_TUI,
	KEY_REPEAT,
	KEY_WORKLOAD
};

static const struct argp_option compare_options[] = {
	{"json", 'j', NULL, 0, "Print one JSON object", 0},
	{"tui", KEY_TUI, NULL, 0, "Show it on the screen", 0},
	{"caches", 'c', "CACHES", 0, "Only these: names, with * and ?, separated by commas", 0},
	{"limit", KEY_LIMIT, "N", 0, "Objects in a CPU's array, 1 to 1024 [as recorded]", 1},
	{"batchcount", KEY_BATCHCOUNT, "N", 0,
	 "Objects of a refill or flush, 1 to limit [as recorded; with --limit, half of it]", 1},
	{"sharedfactor", KEY_SHAREDFACTOR, "N", 0,
	 "Batches in a node's shared array, 0 to 1024 [as recorded]", 1},
	{"workload", KEY_WORKLOAD, "NAME", 0,
	 "Record the running kernel under this workload first: " WORKLOAD_NAMES " [all]", 3},
	{"delay", 'd', "SECONDS", 0, "Let the workload run so long, 0.1 to 3600 [5]", 3},
	{"repeat", KEY_REPEAT, "N", 0,
	 "Runs of the reference on real threads, for its latencies, 1 to 100 [5]", 2},
	{"clock", KEY_CLOCK, "ns|instructions", 0,
	 "What the recorded clock counts: instructions, in a virtual machine that counts these [ns]",
	 2},
	OPTIONS_HELP,
};

static const char compare_doc[] =
	"Runs a recording through libslab, the reference, and shows for each cache what was recorded beside "
	"what came of the same stream there: hit rates, refills, origins, latencies, memory, with intervals; "
	"and says what differs, and whether that is more than noise. Needs no privilege.\n"
	"\n"
	"With --workload, or without DIR, the running kernel is recorded first, under a built-in workload, into DIR "
	"if there is one; that needs what 'slabscope record --kernel' needs."
	"\v"
	"Intervals are of 95 %: of the recording, by drawing parts of its time with repetition; of the "
	"reference's latencies, from its runs on real threads.";

static error_t parse_clock(struct parse *p, const char *value, bool *instructions)
{
	*instructions = !strcmp(value, "instructions");
	if (!*instructions && strcmp(value, "ns"))
		return -options_usage(p, "--clock", value, "it must be ns or instructions");
	return 0;
}

static error_t check(struct parse *p, struct compare_options *o)
{
	const struct replay_settings *s = &o->settings.replay;

	o->live = o->made.workload || !o->made.dir;
	o->made.caches = s->caches;
	if (o->json && o->tui)
		return -fail(p->failure, EINVAL, "--json and --tui exclude each other: give one");
	return -options_check_tunables(p, s);
}

static error_t parse_compare(int key, char *value, struct argp_state *state)
{
	struct parse *p = state->input;
	struct compare_options *o = p->to;
	struct replay_settings *s = &o->settings.replay;
	double number;

	switch (key) {
	case 'j':
		o->json = true;
		return 0;
	case KEY_TUI:
		o->tui = true;
		return 0;
	case 'c':
		return -options_caches(p, value, &s->caches);
	case KEY_LIMIT:
		return -options_tunable(p, "--limit", value, 1, &s->limit);
	case KEY_BATCHCOUNT:
		return -options_tunable(p, "--batchcount", value, 1, &s->batchcount);
	case KEY_SHAREDFACTOR:
		return -options_tunable(p, "--sharedfactor", value, 0, &s->sharedfactor);
	case KEY_WORKLOAD:
		if (!workload_exists(value))
			return -options_usage(p, "--workload", value,
					      "NAME must be one of " WORKLOAD_NAMES);
		o->made.workload = value;
		return 0;
	case 'd':
		if (!options_number(value, 0.1, 3600, &o->made.seconds))
			return -options_usage(p, "-d", value, "SECONDS must be from 0.1 to 3600");
		return 0;
	case KEY_REPEAT:
		if (!options_number(value, 1, RUNS_MAX, &number) || number != floor(number))
			return -options_usage(p, "--repeat", value,
					      "N must be a whole number, 1 to 100");
		o->settings.runs = (unsigned)number;
		return 0;
	case KEY_CLOCK:
		return parse_clock(p, value, &o->settings.instructions);
	case ARGP_KEY_ARG:
		if (o->made.dir)
			return ARGP_ERR_UNKNOWN;
		o->made.dir = value;
		return 0;
	case ARGP_KEY_END:
		return check(p, o);
	}
	return ARGP_ERR_UNKNOWN;
}

int options_parse_compare(struct compare_options *o, int argc, char **argv, struct failure *f)
{
	const struct argp argp = {.options = compare_options,
				  .parser = options_parser,
				  .args_doc = "[DIR]",
				  .doc = compare_doc};
	struct parse p = {
		.command = "slabscope compare", .own = parse_compare, .to = o, .failure = f};

	*o = (struct compare_options){
		.made = {.seconds = SECONDS},
		.settings = {.runs = RUNS,
			     .replay = {.limit = -1, .batchcount = -1, .sharedfactor = -1}}};
	return options_run(&p, &argp, argc, argv);
}
