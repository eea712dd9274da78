// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* top_options.c: parses the options of top and demo, and checks their combinations. */
#include "command/top_options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "command/commands.h"
#include "command/values.h"
#include "screen/columns.h"
#include "screen/screens.h"
#include "screen/ui.h"

#define SORT_LETTERS "a b c l v n o p s u"

enum {
	KEY_SCREEN = 256,
	KEY_CSV,
	KEY_LOG,
	KEY_LOG_SIZE,
	KEY_CALLERS,
	KEY_OVERHEAD,
	KEY_FULL,
	KEY_CGROUP,
	KEY_FILTER,
	KEY_INVERT,
	KEY_FROM,
	KEY_HUMAN,
	KEY_SPEED
};

/* ---- values --------------------------------------------------------------------------------- */

/* Reads a whole number of bytes with a suffix of 1024s. Returns false if it is less than 4096. */
static bool parse_size(const char *text, uint64_t *to)
{
	static const char suffixes[] = "KMGT";
	char *end;
	unsigned long long v;
	const char *suffix;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	v = strtoull(text, &end, 10);
	suffix = *end ? strchr(suffixes, *end >= 'a' ? *end - 32 : *end) : NULL;
	if (errno || (*end && (!suffix || end[1])))
		return false;
	for (long i = suffix ? suffix - suffixes + 1 : 0; i > 0; i--)
		if (__builtin_mul_overflow(v, 1024ull, &v))
			return false;
	*to = v;
	return v >= 4096;
}

static error_t take_form(const struct argp_state *state, enum output_form form)
{
	struct top_options *o = state->input;

	if (o->form_given && o->form != form)
		return options_conflict(state,
					"--batch, --json and --csv exclude each other: give one");
	o->form = form;
	o->form_given = true;
	return 0;
}

static error_t take_sort(const struct argp_state *state, const char *value)
{
	struct top_options *o = state->input;

	o->sort = columns_find(value);
	if (o->sort >= 0 && columns[o->sort].sorts)
		return 0;
	return options_wrong(state, "-s", value,
			     "COLUMN must be a column that sorts, such as HIT%, or a letter of "
			     "slabtop: " SORT_LETTERS);
}

static error_t take_screen(const struct argp_state *state, const char *value)
{
	struct top_options *o = state->input;
	char wanted[256];

	o->screen = screens_find(value);
	if (o->screen)
		return 0;
	values_wanted("SCREEN", wanted, sizeof(wanted));
	return options_wrong(state, "--screen", value, wanted);
}

/* ---- the output ----------------------------------------------------------------------------- */

static const struct argp_option shared_rows[] = {
	{"batch", 'b', NULL, 0, "Print plain text", 0},
	{"json", 'j', NULL, 0, "Print one JSON object a line, one a sample", 0},
	{"csv", KEY_CSV, NULL, 0, "Print comma-separated values: a heading, then one line a cache",
	 0},
	{"screen", KEY_SCREEN, "SCREEN", 0, "Open this screen; with --batch, print it", 0},
	{"sort", 's', "COLUMN", 0,
	 "Sort by this column: its title, or a letter of slabtop, " SORT_LETTERS, 0},
	{"invert", KEY_INVERT, NULL, 0, "Invert the order", 0},
	{"filter", KEY_FILTER, "TEXT", 0,
	 "Show only names that contain TEXT; | separates parts. -c also counts only these", 0},
	{"rounds", 'n', "COUNT", 0, "End after COUNT samples", 1},
	{"delay", 'd', "SECONDS", 0, "Sample every SECONDS, 0.1 to 3600 [default: 1]", 1},
	{"log", KEY_LOG, "FILE", 0, "Also append each sample to FILE, as one JSON object a line",
	 1},
	{"max-size", KEY_LOG_SIZE, "SIZE", 0,
	 "Rename the log to FILE.1 before it exceeds SIZE: bytes, or with K, M, G [default: 64M]",
	 1},
	{"caches", 'c', "CACHES", 0,
	 "Count only these caches: globs of names, separated by commas; may be repeated", 2},
	{"pid", 'p', "PID", 0, "Count only what process PID does, in all its threads", 2},
	{"cgroup", KEY_CGROUP, "PATH", 0,
	 "Count only what processes in this cgroup (v2) and below do", 2},
	{"callers", KEY_CALLERS, NULL, 0,
	 "Report the processes and stacks that cause the kernel's refills, by sampling", 3},
	{"full", KEY_FULL, NULL, 0,
	 "Count also what is not shown: frees, flushes and freed slabs; --json, --csv and --log do",
	 3},
	{"max-overhead", KEY_OVERHEAD, "PERCENT", 0,
	 "Turn off the most expensive probes until they take at most PERCENT of a CPU", 3},
	{0},
};

/* Refuses options that the form of the output would ignore. */
static error_t check_form(const struct argp_state *state)
{
	const struct top_options *o = state->input;
	bool csv = o->form_given && o->form == OUTPUT_CSV;
	bool json = o->form_given && o->form == OUTPUT_JSON;

	if (csv && o->screen)
		return options_conflict(state, "--csv and --screen exclude each other: CSV has all "
					       "counts, and no screen");
	if (json && o->screen && !o->screen->json)
		return options_conflict(state, "of the screens, --json takes walk only: it has the "
					       "counts of all others");
	if ((csv || json) && (o->sort >= 0 || o->invert || o->filter))
		return options_conflict(state, "-s, --invert and --filter exclude --csv and "
					       "--json: these have all caches in one order");
	if (csv && o->callers)
		return options_conflict(
			state, "--csv has no callers: give --callers with --json or --batch");
	return 0;
}

static error_t parse_shared(int key, char *value, struct argp_state *state)
{
	struct top_options *o = state->input;
	long number;

	switch (key) {
	case 'b':
		return take_form(state, OUTPUT_BATCH);
	case 'j':
		return take_form(state, OUTPUT_JSON);
	case KEY_CSV:
		return take_form(state, OUTPUT_CSV);
	case KEY_SCREEN:
		return take_screen(state, value);
	case 's':
		return take_sort(state, value);
	case 'n':
		if (!options_whole(value, 1, 1000000000, &number))
			return options_wrong(state, "-n", value,
					     "COUNT must be a whole number, 1 to 1000000000");
		o->rounds = (unsigned long)number;
		return 0;
	case 'd':
		if (!options_number(value, INTERVAL_MIN_S, INTERVAL_MAX_S, &o->interval_s))
			return options_wrong(state, "-d", value,
					     "SECONDS must be from 0.1 to 3600, fractions allowed");
		o->interval_given = true;
		return 0;
	case KEY_LOG:
		o->log = value;
		return 0;
	case KEY_LOG_SIZE:
		if (!parse_size(value, &o->log_size))
			return options_wrong(state, "--max-size", value,
					     "SIZE must be 4096 bytes or more, such as 500K, 64M "
					     "or 1G");
		return 0;
	case 'c':
		return -choice_add_globs(&o->choice, value, options_failure(state));
	case 'p':
		if (!options_whole(value, 1, INT_MAX, &number))
			return options_wrong(state, "-p", value,
					     "PID must be the number of a process");
		o->choice.pid = o->reference_pid = (int)number;
		return 0;
	case KEY_CGROUP:
		o->cgroup = value;
		return 0;
	case KEY_INVERT:
		o->invert = true;
		return 0;
	case KEY_FILTER:
		if (!value[0] || strlen(value) >= UI_TEXT)
			return options_wrong(state, "--filter", value,
					     "TEXT must have 1 to 47 bytes");
		o->filter = value;
		return 0;
	case KEY_CALLERS:
		o->callers = true;
		return 0;
	case KEY_FULL:
		o->full = true;
		return 0;
	case KEY_OVERHEAD:
		if (!options_number(value, 0.001, 1e6, &o->max_overhead))
			return options_wrong(state, "--max-overhead", value,
					     "PERCENT of a CPU must be 0.001 or more");
		return 0;
	case ARGP_KEY_END:
		if (o->log_size && !o->log)
			return options_conflict(state, "--max-size requires --log");
		return check_form(state);
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp top_options_shared = {.options = shared_rows, .parser = parse_shared};

/* ---- of top alone --------------------------------------------------------------------------- */

static const struct argp_option own_rows[] = {
	{"once", 'o', NULL, 0,
	 "Print the kernel's caches as 'slabtop -o' of procps 4.0.5 and later does, and end", 0},
	{"human", KEY_HUMAN, NULL, 0, "With -o: sizes have a unit, as those of 'slabtop --human'",
	 0},
	{"from", KEY_FROM, "DIR", 0, "Play the recording in DIR instead of the running system", 4},
	{"speed", KEY_SPEED, "X", 0,
	 "Play the recording X times as fast, 0.01 to 10000 [default: 1 on a screen, else no "
	 "limit]",
	 4},
	{0},
};

/* Of the options of slabtop, -o takes -s and --human. */
static error_t check_once(const struct argp_state *state)
{
	const struct top_options *o = state->input;

	if (o->interval_given)
		return options_conflict(state,
					"-o and -d exclude each other: -o prints one sample");
	if (o->form_given || o->rounds || o->screen || o->log || o->invert || o->filter)
		return options_conflict(
			state, "-o takes no other option than -s and --human: it prints the page "
			       "of slabtop");
	if (o->sort >= 0 && !columns[o->sort].letter)
		return options_wrong(state, "-s", columns[o->sort].title,
				     "with -o COLUMN must be a letter of slabtop: " SORT_LETTERS);
	return 0;
}

/* Refuses options that only the running kernel can answer. */
static error_t check_from(const struct argp_state *state)
{
	const struct top_options *o = state->input;

	if (o->once || o->callers || o->full || o->cgroup || o->btf || o->max_overhead > 0)
		return options_conflict(state,
					"--from excludes -o, --callers, --full, --cgroup, --btf "
					"and --max-overhead: they need the running kernel");
	return 0;
}

static error_t check_own(const struct argp_state *state)
{
	const struct top_options *o = state->input;
	error_t err = 0;

	if (o->speed > 0 && !o->from)
		return options_conflict(state, "--speed requires --from");
	if (o->human && !o->once)
		return options_conflict(state,
					"--human requires -o: other pages always have units");
	if (o->from)
		err = check_from(state);
	return !err && o->once ? check_once(state) : err;
}

static error_t parse_own(int key, char *value, struct argp_state *state)
{
	struct top_options *o = state->input;

	switch (key) {
	case 'o':
		o->once = true;
		return 0;
	case KEY_HUMAN:
		o->human = true;
		return 0;
	case KEY_FROM:
		o->from = value;
		return 0;
	case KEY_SPEED:
		if (!options_number(value, SPEED_MIN, SPEED_MAX, &o->speed))
			return options_wrong(state, "--speed", value,
					     "X must be from 0.01 to 10000");
		return 0;
	case ARGP_KEY_END:
		return check_own(state);
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp top_options_own = {.options = own_rows, .parser = parse_own};

/* ---- a command ------------------------------------------------------------------------------ */

int top_options_run(const struct command *command,
		    int (*run)(const struct top_options *o, struct failure *f), int argc,
		    char **argv, struct failure *f)
{
	struct top_options o = {.form = OUTPUT_SCREEN, .interval_s = 1, .sort = -1};
	int status = EXIT_USAGE;

	choice_init(&o.choice);
	if (!options_parse(command, &o, argc, argv, f)) {
		status = EXIT_FAILURE;
		if (!o.cgroup || !choice_set_cgroup(&o.choice, o.cgroup, f))
			status = run(&o, f);
	}
	choice_free(&o.choice);
	return status;
}
