// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* options_trace.c: the command lines of record and replay. */
#include "command/options_trace.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "command/options_parse.h"
#include "replay/threads/replay_threads.h"

#define CACHES_MAX 64 /* patterns */

enum {
	KEY_LIMIT = 256,
	KEY_BATCHCOUNT,
	KEY_SHAREDFACTOR,
	KEY_FREELIST,
	KEY_SWEEP,
	KEY_THREADS,
	KEY_REPEAT,
	KEY_BTF
};
#define REPEAT 5 /* unless something else is asked for */

static const struct argp_option record_options[] = {
	{"caches", 'c', "CACHES", 0, "Only these: names, with * and ?, separated by commas", 0},
	{"delay", 'd', "SECONDS", 0, "End after SECONDS", 0},
	{"pid", 'p', "PID", 0, "Only process PID and its children", 0},
	{"kernel", 'k', NULL, 0,
	 "The running kernel's allocator instead, whoever asks it; refills are inferred where it hides them",
	 0},
	{"btf", KEY_BTF, "FILE", 0,
	 "With --kernel: take the kernel's types from FILE (BTF, or an ELF file that has it)", 0},
	OPTIONS_HELP,
};

static const struct argp_option replay_options[] = {
	{"json", 'j', NULL, 0, "Print one JSON object", 0},
	{"caches", 'c', "CACHES", 0, "Only these: names, with * and ?, separated by commas", 0},
	{"limit", KEY_LIMIT, "N", 0, "Objects in a CPU's array, 1 to 1024 [as recorded]", 1},
	{"batchcount", KEY_BATCHCOUNT, "N", 0,
	 "Objects of a refill or flush, 1 to limit [as recorded; with --limit, half of it]", 1},
	{"sharedfactor", KEY_SHAREDFACTOR, "N", 0,
	 "Batches in a node's shared array, 0 to 1024 [as recorded]", 1},
	{"freelist", KEY_FREELIST, "array|bufctl", 0, "How a slab keeps its free objects [array]",
	 1},
	{"sweep", KEY_SWEEP, "WHAT", 0,
	 "Try settings: limit=8..512 (doubling), limit=30:60:120, limit=16..64/16 (in steps), and the same "
	 "for batchcount and sharedfactor, separated by commas",
	 2},
	{"threads", KEY_THREADS, NULL, 0,
	 "Run on real threads, one for each recorded CPU and pinned to a real one, and time the refills",
	 3},
	{"repeat", KEY_REPEAT, "N", 0, "With --threads: run N times, 1 to 1000 [5]", 3},
	OPTIONS_HELP,
};

static const char record_doc[] =
	"Records what processes do with libslab, every allocation, free, refill, flush and list move, into "
	"the new directory DIR. A COMMAND is recorded from its first instruction on, with its children, "
	"until it ends; without it, and without -p, every process that uses libslab. With --kernel what the "
	"kernel's own allocator does, of all processes and interrupts, while COMMAND runs, if there is one."
	"\v"
	"DIR is a CTF 1.8 trace: babeltrace2 and Trace Compass read it, and 'slabscope replay'. Whatever ends "
	"the recording, what was written before can be read. Needs root, or CAP_BPF and CAP_PERFMON.";

static const char replay_doc[] =
	"Runs a recording through libslab, on as many made-up CPUs and nodes as were recorded: hits, refills, "
	"origins, list moves, memory; beside what was recorded. The same recording and settings give the same "
	"counts, always. Needs no privilege."
	"\v"
	"--sweep prints what each setting gives, and recommends the smallest one whose refills are at most "
	"1.1 times the best one's.\n"
	"\n"
	"--threads prints how long refills take on this machine: median, least and most of all runs; hits, "
	"refills and origins are then those of these runs.";

static const char *cache_list[CACHES_MAX + 1];

int options_caches(struct parse *p, char *value, const char *const **to)
{
	size_t nr = 0;

	for (char *name = strtok(value, ","); name; name = strtok(NULL, ",")) {
		if (nr == CACHES_MAX)
			return options_usage(p, "-c", name, "at most 64 names");
		cache_list[nr++] = name;
	}
	if (!nr)
		return options_usage(p, "-c", "''", "there is no name in it");
	cache_list[nr] = NULL;
	*to = cache_list;
	return 0;
}

static error_t parse_record(int key, char *value, struct argp_state *state)
{
	struct parse *p = state->input;
	struct record_options *o = p->to;
	double number;

	switch (key) {
	case 'c':
		return -options_caches(p, value, &o->caches);
	case 'd':
		if (!options_number(value, 0.1, 1e9, &o->seconds))
			return -options_usage(p, "-d", value, "SECONDS must be at least 0.1");
		return 0;
	case KEY_BTF:
		o->btf = value;
		return 0;
	case 'k':
		o->kernel = true;
		return 0;
	case 'p':
		if (!options_number(value, 1, INT_MAX, &number) || number != floor(number))
			return -options_usage(p, "-p", value,
					      "PID must be the number of a process");
		o->pid = (int)number;
		return 0;
	case ARGP_KEY_ARG:
		if (!o->dir) {
			o->dir = value;
			return 0;
		}
		o->command = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!o->dir)
			return -options_usage(p, "argument", "DIR", "it is missing");
		if (o->pid && o->command)
			return -fail(p->failure, EINVAL,
				     "-p and a command exclude each other: give one");
		if (o->pid && o->kernel)
			return -fail(p->failure, EINVAL,
				     "-p and --kernel exclude each other: what one process "
				     "asks of the kernel cannot be replayed without the others'");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int options_tunable(struct parse *p, const char *name, const char *value, int min, int *to)
{
	double number;

	if (!options_number(value, min, 1024, &number) || number != floor(number))
		return options_usage(p, name, value,
				     min ? "it must be a whole number, 1 to 1024"
					 : "it must be a whole number, 0 to 1024");
	*to = (int)number;
	return 0;
}

int options_check_tunables(struct parse *p, const struct replay_settings *s)
{
	if (s->limit > 0 && s->batchcount > s->limit)
		return fail(p->failure, EINVAL, "--batchcount must not be larger than --limit");
	return 0;
}

static error_t parse_freelist(struct parse *p, const char *value, int *to)
{
	*to = !strcmp(value, "bufctl");
	if (!*to && strcmp(value, "array"))
		return -options_usage(p, "--freelist", value, "it must be array or bufctl");
	return 0;
}

static error_t check_replay(struct parse *p, struct replay_options *o)
{
	const struct replay_settings *s = &o->settings;

	if (!o->dir)
		return -options_usage(p, "argument", "DIR", "it is missing");
	if (options_check_tunables(p, s))
		return EINVAL;
	if (o->sweep && o->threads)
		return -fail(p->failure, EINVAL,
			     "--sweep and --threads exclude each other: give one");
	if (o->repeat && !o->threads)
		return -fail(p->failure, EINVAL,
			     "--repeat is for --threads: without them each run is the same");
	if (!o->repeat)
		o->repeat = REPEAT;
	return 0;
}

static error_t parse_replay(int key, char *value, struct argp_state *state)
{
	struct parse *p = state->input;
	struct replay_options *o = p->to;
	double number;

	switch (key) {
	case 'j':
		o->json = true;
		return 0;
	case 'c':
		return -options_caches(p, value, &o->settings.caches);
	case KEY_LIMIT:
		return -options_tunable(p, "--limit", value, 1, &o->settings.limit);
	case KEY_BATCHCOUNT:
		return -options_tunable(p, "--batchcount", value, 1, &o->settings.batchcount);
	case KEY_SHAREDFACTOR:
		return -options_tunable(p, "--sharedfactor", value, 0, &o->settings.sharedfactor);
	case KEY_FREELIST:
		return parse_freelist(p, value, &o->settings.bufctl);
	case KEY_SWEEP:
		o->sweep = value;
		return 0;
	case KEY_THREADS:
		o->threads = true;
		return 0;
	case KEY_REPEAT:
		if (!options_number(value, 1, REPLAY_THREADS_REPEAT, &number) ||
		    number != floor(number))
			return -options_usage(p, "--repeat", value,
					      "it must be a whole number, 1 to 1000");
		o->repeat = (unsigned)number;
		return 0;
	case ARGP_KEY_ARG:
		if (o->dir)
			return ARGP_ERR_UNKNOWN;
		o->dir = value;
		return 0;
	case ARGP_KEY_END:
		return check_replay(p, o);
	}
	return ARGP_ERR_UNKNOWN;
}

int options_parse_record(struct record_options *o, int argc, char **argv, struct failure *f)
{
	const struct argp argp = {.options = record_options,
				  .parser = options_parser,
				  .args_doc = "DIR [-- COMMAND...]",
				  .doc = record_doc};
	struct parse p = {
		.command = "slabscope record", .own = parse_record, .to = o, .failure = f};

	*o = (struct record_options){0};
	return options_run(&p, &argp, argc, argv);
}

int options_parse_replay(struct replay_options *o, int argc, char **argv, struct failure *f)
{
	const struct argp argp = {.options = replay_options,
				  .parser = options_parser,
				  .args_doc = "DIR",
				  .doc = replay_doc};
	struct parse p = {
		.command = "slabscope replay", .own = parse_replay, .to = o, .failure = f};

	*o = (struct replay_options){
		.settings = {.limit = -1, .batchcount = -1, .sharedfactor = -1}};
	return options_run(&p, &argp, argc, argv);
}
