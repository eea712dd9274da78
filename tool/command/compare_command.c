// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* compare_command.c: slabscope compare: reads or makes a recording, and shows the comparison. */
#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "command/commands.h"
#include "command/compare_tui.h"
#include "command/options_caches.h"
#include "command/options_tunables.h"
#include "command/values.h"
#include "command/workload.h"
#include "compare/compare.h"
#include "compare/compare_json.h"
#include "compare/compare_live.h"
#include "compare/compare_report.h"
#include "system/machine.h"
#include "system/output.h"
#include "system/sandbox.h"

#define RUNS	   5 /* by default */
#define RUNS_MAX   100
#define SECONDS	   5
#define PROGRESS_S 0.1

struct compare_options {
	bool json, tui;
	bool live;			  /* record first */
	struct compare_live_options made; /* dir: also of an existing recording */
	struct compare_settings settings;
};

/* ---- the command line ----------------------------------------------------------------------- */

enum { KEY_CLOCK = 256, KEY_TUI, KEY_REPEAT, KEY_WORKLOAD };

static const struct argp_option rows[] = {
	{"json", 'j', NULL, 0, "Print one JSON object", 0},
	{"tui", KEY_TUI, NULL, 0, "Show the comparison on the screen", 0},
	{"repeat", KEY_REPEAT, "N", 0,
	 "Runs of the reference on real threads, for its latencies, 1 to 100 [default: 5]", 2},
	{"clock", KEY_CLOCK, "ns|instructions", 0,
	 "Unit of the recorded clock: instructions in a virtual machine that counts them [default: "
	 "ns]",
	 2},
	{"workload", KEY_WORKLOAD, "WORKLOAD", 0,
	 "Record the running kernel under this workload first [default: all]", 3},
	{"delay", 'd', "SECONDS", 0, "Duration of the workload, 0.1 to 3600 [default: 5]", 3},
	{0},
};

static error_t take_workload(const struct argp_state *state, const char *value)
{
	struct compare_options *o = state->input;
	char wanted[256];

	o->made.workload = value;
	if (workload_exists(value))
		return 0;
	values_wanted("WORKLOAD", wanted, sizeof(wanted));
	return options_wrong(state, "--workload", value, wanted);
}

static error_t take_clock(const struct argp_state *state, const char *value)
{
	struct compare_options *o = state->input;

	o->settings.instructions = !strcmp(value, "instructions");
	if (!o->settings.instructions && strcmp(value, "ns"))
		return options_wrong(state, "--clock", value, "it must be ns or instructions");
	return 0;
}

static error_t take_repeat(const struct argp_state *state, const char *value)
{
	struct compare_options *o = state->input;
	long number;

	if (!options_whole(value, 1, RUNS_MAX, &number))
		return options_wrong(state, "--repeat", value,
				     "N must be a whole number, 1 to 100");
	o->settings.runs = (unsigned)number;
	return 0;
}

static error_t check(const struct argp_state *state)
{
	struct compare_options *o = state->input;

	o->live = o->made.workload || !o->made.dir;
	o->made.caches = o->settings.replay.caches;
	if (o->json && o->tui)
		return options_conflict(state, "--json and --tui exclude each other: give one");
	return 0;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct compare_options *o = state->input;

	switch (key) {
	case 'j':
		o->json = true;
		return 0;
	case KEY_TUI:
		o->tui = true;
		return 0;
	case KEY_WORKLOAD:
		return take_workload(state, value);
	case 'd':
		if (!options_number(value, 0.1, 3600, &o->made.seconds))
			return options_wrong(state, "-d", value,
					     "SECONDS must be from 0.1 to 3600");
		return 0;
	case KEY_REPEAT:
		return take_repeat(state, value);
	case KEY_CLOCK:
		return take_clock(state, value);
	case ARGP_KEY_ARG:
		if (o->made.dir)
			return ARGP_ERR_UNKNOWN;
		o->made.dir = value;
		return 0;
	case ARGP_KEY_END:
		return check(state);
	}
	return ARGP_ERR_UNKNOWN;
}

/* ---- running -------------------------------------------------------------------------------- */

static bool is_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

static int print(const struct compare_options *o, const struct compare *c, struct failure *f)
{
	if (o->json)
		return output_json(compare_json(c), "the comparison", f);
	compare_report_print(stdout, c, is_utf8(), output_columns());
	return output_finish("the comparison", f);
}

/* Progress on a line of the terminal, which is erased at the end. */
struct progress_line {
	struct progress progress;
	double next; /* the time when it is written again */
};

static void show_progress(struct progress *progress, const char *what, double share)
{
	struct progress_line *line = (struct progress_line *)progress;
	double now = clock_monotonic();

	if (now < line->next)
		return;
	line->next = now + PROGRESS_S;
	fprintf(stderr, "\r%s: %.0f %%\033[K", what, 100 * share);
}

static int compare_recording(struct trace_reader *reader, const struct compare_options *o,
			     struct failure *f)
{
	struct compare_settings settings = o->settings;
	struct progress_line line = {.progress = {show_progress}};
	bool terminal = isatty(STDERR_FILENO);
	struct machine machine;
	struct compare c;
	int status, err;

	if (!o->live && options_caches_check(settings.replay.caches, reader, f))
		return EXIT_USAGE;
	machine_read(&machine);
	settings.cpu = machine.cpu;
	settings.replay.progress = terminal ? &line.progress : NULL;
	err = compare_run(reader, &settings, &c, f);
	if (terminal)
		fputs("\r\033[K", stderr);
	if (err)
		return EXIT_FAILURE;
	if (o->tui)
		status = compare_tui(&c, is_utf8(), f);
	else
		status = print(o, &c, f) ? EXIT_FAILURE : EXIT_SUCCESS;
	compare_free(&c);
	return status;
}

/* Opens the recording, which is made first if that is asked for. */
static int open_recording(const struct compare_options *o, struct trace_reader **to,
			  struct failure *f)
{
	struct compare_live_recording made;
	int err;

	if (!o->live) {
		sandbox_enter(SANDBOX_READS); /* the recording may be another user's */
		return trace_reader_open(to, o->made.dir, f);
	}
	err = compare_live_record(&o->made, &made, f);
	if (err)
		return err;
	err = trace_reader_open(to, made.dir, f);
	compare_live_end(&made);
	return err;
}

static int compare(const struct compare_options *o, struct failure *f)
{
	struct trace_reader *reader;
	int status;

	if (open_recording(o, &reader, f))
		return EXIT_FAILURE;
	status = compare_recording(reader, o, f);
	trace_reader_close(reader);
	return status;
}

/* ---- the command ---------------------------------------------------------------------------- */

static const struct argp own = {.options = rows, .parser = parse};
static const struct option_group groups[] = {
	{&own, 0},
	{&options_caches, offsetof(struct compare_options, settings.replay.caches)},
	{&options_tunables, offsetof(struct compare_options, settings.replay)},
	{0},
};

static const struct example examples[] = {
	{"Record the running kernel under all workloads, and compare", "slabscope compare"},
	{"Compare one cache, on the screen", "slabscope compare --tui -c filp trace"},
	{"Compare with larger CPU arrays in the reference", "slabscope compare --limit 120 trace"},
	{"Print the differences that exceed noise",
	 "slabscope compare -j trace | jq '.caches[] | {name, verdict}'"},
	{0},
};

static int run(int argc, char **argv, struct failure *f)
{
	struct compare_options o = {
		.made = {.seconds = SECONDS},
		.settings = {.runs = RUNS, .replay = OPTIONS_AS_RECORDED},
	};

	return options_parse(&compare_command, &o, argc, argv, f) ? EXIT_USAGE : compare(&o, f);
}

const struct command compare_command = {
	.name = "compare",
	.summary = "compare a recording with the reference, side by side",
	.arguments = "[DIR]",
	.about =
		"Runs a recording through libslab, the reference, and shows both sides of each "
		"cache: hit rates, refills, origins, latencies and memory, with intervals. It "
		"states which differences exceed noise. compare needs no privilege.\n"
		"\n"
		"With --workload, or without DIR, slabscope first records the running kernel under "
		"a built-in workload, and keeps the recording in DIR if it is given. That needs "
		"the privileges of 'slabscope record --kernel'.",
	.notes =
		"Intervals hold 95 %. Those of the recording come from the variation between parts "
		"of its time, and are for loads like it; those of the reference's latencies come "
		"from its runs on real threads.",
	.options = groups,
	.examples = examples,
	.run = run,
};
