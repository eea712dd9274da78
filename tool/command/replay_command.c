// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* replay_command.c: slabscope replay: opens a recording, replays it, and prints the result. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command/commands.h"
#include "command/options_caches.h"
#include "command/options_tunables.h"
#include "replay/replay_json.h"
#include "replay/replay_report.h"
#include "replay/threads/replay_threads.h"
#include "replay/threads/replay_threads_json.h"
#include "replay/threads/replay_threads_report.h"
#include "system/output.h"
#include "system/sandbox.h"

#define REPEAT 5 /* runs on threads, by default */

struct replay_options {
	const char *dir;
	const char *sweep; /* NULL: one run */
	bool json;
	bool threads;
	unsigned repeat; /* with threads */
	struct replay_settings settings;
};

/* ---- the command line ----------------------------------------------------------------------- */

enum { KEY_FREELIST = 256, KEY_SWEEP, KEY_THREADS, KEY_REPEAT };

static const struct argp_option rows[] = {
	{"json", 'j', NULL, 0, "Print one JSON object", 0},
	{"freelist", KEY_FREELIST, "array|bufctl", 0,
	 "How a slab keeps its free objects [default: array]", 1},
	{"sweep", KEY_SWEEP, "SETTINGS", 0,
	 "Try many settings: limit=8..512 (doubling), limit=30:60:120, limit=16..64/16 (in steps); "
	 "also of batchcount and sharedfactor, separated by commas",
	 2},
	{"threads", KEY_THREADS, NULL, 0,
	 "Run on real threads, one for each recorded CPU, and measure refill times", 3},
	{"repeat", KEY_REPEAT, "N", 0, "Run N times with --threads, 1 to 1000 [default: 5]", 3},
	{0},
};

static error_t take_freelist(const struct argp_state *state, const char *value)
{
	struct replay_options *o = state->input;

	o->settings.bufctl = !strcmp(value, "bufctl");
	if (!o->settings.bufctl && strcmp(value, "array"))
		return options_wrong(state, "--freelist", value, "it must be array or bufctl");
	return 0;
}

static error_t take_repeat(const struct argp_state *state, const char *value)
{
	struct replay_options *o = state->input;
	long number;

	if (!options_whole(value, 1, REPLAY_THREADS_REPEAT, &number))
		return options_wrong(state, "--repeat", value,
				     "N must be a whole number, 1 to 1000");
	o->repeat = (unsigned)number;
	return 0;
}

static error_t check(const struct argp_state *state)
{
	struct replay_options *o = state->input;

	if (!o->dir)
		return options_wrong(state, "argument", "DIR", "it is missing");
	if (o->sweep && o->threads)
		return options_conflict(state,
					"--sweep and --threads exclude each other: give one");
	if (o->sweep && replay_sweep_check(o->sweep, &o->settings, options_failure(state)))
		return EINVAL;
	if (o->repeat && !o->threads)
		return options_conflict(
			state, "--repeat requires --threads: without it every run is the same");
	if (!o->repeat)
		o->repeat = REPEAT;
	return 0;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct replay_options *o = state->input;

	switch (key) {
	case 'j':
		o->json = true;
		return 0;
	case KEY_FREELIST:
		return take_freelist(state, value);
	case KEY_SWEEP:
		o->sweep = value;
		return 0;
	case KEY_THREADS:
		o->threads = true;
		return 0;
	case KEY_REPEAT:
		return take_repeat(state, value);
	case ARGP_KEY_ARG:
		if (o->dir)
			return ARGP_ERR_UNKNOWN;
		o->dir = value;
		return 0;
	case ARGP_KEY_END:
		return check(state);
	}
	return ARGP_ERR_UNKNOWN;
}

/* ---- running -------------------------------------------------------------------------------- */

#define REPORT "the replay"

static int replay_once(struct trace_reader *reader, const struct replay_options *o,
		       struct failure *f)
{
	struct replay r;
	int err = replay_run(reader, &o->settings, &r, f);

	if (err)
		return err;
	if (o->json)
		err = output_json(replay_json(&r, trace_reader_losses(reader)), REPORT, f);
	else
		replay_report_print(stdout, &r, trace_reader_losses(reader));
	replay_free(&r);
	return err;
}

static int sweep(struct trace_reader *reader, const struct replay_options *o, struct failure *f)
{
	struct replay_sweep s;
	int err = replay_sweep_run(reader, o->sweep, &o->settings, &s, f);

	if (err)
		return err;
	if (o->json)
		err = output_json(replay_json_sweep(&s, trace_reader_losses(reader)), REPORT, f);
	else
		replay_report_print_sweep(stdout, &s, trace_reader_losses(reader));
	replay_sweep_free(&s);
	return err;
}

static int on_threads(struct trace_reader *reader, const struct replay_options *o,
		      struct failure *f)
{
	struct replay_threads_settings s = {.replay = o->settings, .repeat = o->repeat};
	struct replay_threads t;
	int err = replay_threads_run(reader, &s, &t, f);

	if (err)
		return err;
	if (o->json)
		err = output_json(replay_threads_json(&t, trace_reader_losses(reader)), REPORT, f);
	else
		replay_threads_report_print(stdout, &t, trace_reader_losses(reader));
	replay_threads_free(&t);
	return err;
}

static int replay(const struct replay_options *o, struct failure *f)
{
	struct trace_reader *reader;
	int err;

	sandbox_enter(SANDBOX_READS); /* the recording may be another user's */
	err = trace_reader_open(&reader, o->dir, f);
	if (err)
		return EXIT_FAILURE;
	if (options_caches_check(o->settings.caches, reader, f)) {
		trace_reader_close(reader);
		return EXIT_USAGE;
	}
	err = o->threads ? on_threads(reader, o, f)
	      : o->sweep ? sweep(reader, o, f)
			 : replay_once(reader, o, f);
	trace_reader_close(reader);
	if (!err)
		err = output_finish(REPORT, f);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- the command ---------------------------------------------------------------------------- */

static const struct argp own = {.options = rows, .parser = parse};
static const struct option_group groups[] = {
	{&own, 0},
	{&options_caches, offsetof(struct replay_options, settings.caches)},
	{&options_tunables, offsetof(struct replay_options, settings)},
	{0},
};

static const struct example examples[] = {
	{"Compare what was recorded with a replay", "slabscope replay trace"},
	{"Replay with larger CPU arrays", "slabscope replay --limit 120 trace"},
	{"Find the smallest limit that is good enough",
	 "slabscope replay --sweep limit=8..512 trace"},
	{"Measure refill times on this machine", "slabscope replay --threads trace"},
	{0},
};

static int run(int argc, char **argv, struct failure *f)
{
	struct replay_options o = {.settings = OPTIONS_AS_RECORDED};

	return options_parse(&replay_command, &o, argc, argv, f) ? EXIT_USAGE : replay(&o, f);
}

const struct command replay_command = {
	.name = "replay",
	.summary = "run a recording through libslab",
	.arguments = "DIR",
	.about = "Runs a recording through libslab, on as many virtual CPUs and nodes as were "
		 "recorded. It prints hits, refills, origins, list moves and memory beside the "
		 "recorded ones. The same recording and settings always give the same counts. "
		 "replay needs no privilege.",
	.notes = "--sweep prints the result of each setting, and recommends the smallest one whose "
		 "refills are at most 1.1 times those of the best.\n"
		 "\n"
		 "--threads prints the median, minimum and maximum refill time of all runs on this "
		 "machine. Hits, refills and origins are then those of these runs.",
	.options = groups,
	.examples = examples,
	.run = run,
};
