// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * options.c: the command line, by argp. Its own error messages take two lines and say little; they
 * are turned off, and what is wrong goes into the caller's failure.
 */
#include "command/options.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen/columns.h"
#include "command/options_parse.h"
#include "screen/screens.h"
#include "screen/ui.h"
#include "screen/screens.h"

enum {
	KEY_CGROUP = OPTIONS_KEY_USAGE + 1,
	KEY_CALLERS,
	KEY_OVERHEAD,
	KEY_BTF,
	KEY_SCREEN = 0x100,
	KEY_CSV,
	KEY_LOG,
	KEY_LOG_SIZE,
	KEY_FROM,
	KEY_SPEED
};

/* clang-format off */
#define BTF_OPTION \
	{"btf", KEY_BTF, "FILE", 0, \
	 "Take the kernel's types from FILE (BTF, or an ELF file that has it): for kernels without", 3}
/* clang-format on */

static const struct argp_option top_options[] = {
	{"batch", 'b', NULL, 0, "Print rounds of plain text", 0},
	{"json", 'j', NULL, 0, "Print one JSON object a line, one a round", 0},
	{"csv", KEY_CSV, NULL, 0, "Print comma-separated values: a heading, then a line a cache",
	 0},
	{"once", 'o', NULL, 0, "Print the kernel's caches as 'slabtop -o' does, and end", 0},
	{"screen", KEY_SCREEN, "NAME", 0, "Open, or with --batch print, this screen", 0},
	{"sort", 's', "COLUMN", 0,
	 "Sort by this column: its title, or slabtop's letter a b c l v n o p s u", 0},
	{"rounds", 'n', "COUNT", 0, "End after COUNT rounds", 1},
	{"delay", 'd', "SECONDS", 0, "Take rounds of SECONDS, 0.1 to 3600 [1]", 1},
	{"callers", KEY_CALLERS, NULL, 0,
	 "Tell who is behind the kernel's refills: processes and stacks, of a sample", 3},
	{"max-overhead", KEY_OVERHEAD, "PERCENT", 0,
	 "Give up what is dear, until the kernel's programs take no more of a CPU", 3},
	{"caches", 'c', "NAMES", 0,
	 "Count only caches of these names: globs, with commas between; may be repeated", 2},
	{"pid", 'p', "PID", 0, "Count only what process PID does, all its threads", 2},
	{"cgroup", KEY_CGROUP, "PATH", 0,
	 "Count only what processes in this cgroup (v2) and below do", 2},
	{"log", KEY_LOG, "FILE", 0, "Append one JSON object a round to FILE, whatever is shown", 1},
	{"max-size", KEY_LOG_SIZE, "SIZE", 0,
	 "Rename the log to FILE.1 before it gets larger: bytes, or with K, M, G [64M]", 1},
	BTF_OPTION,
	{"from", KEY_FROM, "DIR", 0, "Play the recording in DIR, instead of what happens now", 4},
	{"speed", KEY_SPEED, "X", 0,
	 "With --from: X times as fast as it happened, 0.01 to 10000 [on a screen 1, else as fast as it goes]",
	 4},
	OPTIONS_HELP,
};

static const struct argp_option doctor_options[] = {
	{"json", 'j', NULL, 0, "Print one JSON object", 0},
	BTF_OPTION,
	OPTIONS_HELP,
};

static const struct argp_option no_options[] = {OPTIONS_HELP};

static const char top_doc[] =
	"Shows, for the caches of the kernel's slab allocator and of every process that uses "
	"libslab, how many allocations their CPU caches serve, how often those have to be "
	"refilled, from where, and what that costs."
	"\v"
	"Without a terminal it prints 3 rounds of plain text. In rounds the interval is measured: "
	"rates are right even when the machine is late. What this kernel does not let be seen is "
	"n/a on the screen and null in JSON; 'slabscope doctor' tells why.\n"
	"\n"
	"'alias slabtop=slabscope' is safe: slabtop's options and letters do what they do there, and "
	"-o prints its page.\n"
	"\n"
	"Screens: 1 C caches, 2 M CPUs, 3 L latency, 4 O origins, 5 W callers, "
	"6 R walk, 7 D doctor; Tab the next.\n"
	"\n"
	"Keys: arrows, PgUp, PgDn, Home, End, j, k select; Enter shows all CPUs; < > F6 sort by "
	"another column, I inverts; / searches, \\ filters, S shows one side; Space pauses; "
	"+ - change the interval; F2 chooses columns, w writes the settings; h, ? or F1 explain; "
	"q or F10 quit. With --from also: . , step, [ ] change the speed, { } and ^ $ seek.";

static const char demo_doc[] =
	"Starts a child process that loads libslab, the reference, with steady, bursty and "
	"producer/consumer traffic, and shows what 'slabscope top' shows. The load ends with it."
	"\v"
	"Takes the options of top, and needs no privilege; without it, refill latencies are n/a.";

static const char doctor_doc[] =
	"Says what this kernel lets slabscope see, what not, why, and what to do about it.";

static const char main_doc[] =
	"Shows how slab allocators refill: per-CPU hit rates and refill latencies of the running "
	"kernel's allocator and of libslab, a reference in user space, side by side."
	"\v"
	"Commands:\n"
	"  top      caches and CPUs, live; what runs without a command\n"
	"  demo     the reference under a built-in load, and top on it\n"
	"  doctor   what this kernel lets be seen, what not, and why\n"
	"  record   what processes do with libslab, event by event, into a trace\n"
	"  replay   a trace through libslab, with its own or with other settings\n"
	"  compare  what was recorded and the reference, on the same stream, side by side\n"
	"  workload  files, sockets, ...: something for the kernel to allocate for\n"
	"\n"
	"'slabscope COMMAND --help' explains a command. Exit status: 0 success, 1 failure, 2 usage.";

int options_usage(struct parse *p, const char *what, const char *value, const char *wanted)
{
	return fail(p->failure, EINVAL, "%s %s: %s; see '%s --help'", what, value, wanted,
		    p->command);
}

bool options_number(const char *text, double min, double max, double *to)
{
	char *end;

	if (!strchr("0123456789.", *text) || strpbrk(text, "xXpP"))
		return false;
	*to = strtod(text, &end);
	return end != text && !*end && isfinite(*to) && *to >= min && *to <= max;
}

/* A whole number of bytes with a suffix of 1024s. Returns false unless it is a file's worth. */
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

static int parse_form(struct parse *p, enum output_form form)
{
	if (p->top->form_given && p->top->form != form)
		return fail(p->failure, EINVAL,
			    "--batch, --json and --csv exclude each other: give one");
	p->top->form = form;
	p->top->form_given = true;
	return 0;
}

static int bad_screen(struct parse *p, const char *name)
{
	char wanted[300];

	snprintf(wanted, sizeof(wanted), "NAME must be one of %s", screens_names());
	return options_usage(p, "--screen", name, wanted);
}

/* Of slabtop's options -o takes -s only. */
static int check_once(struct parse *p)
{
	const struct options *o = p->top;

	if (o->interval_given)
		return fail(p->failure, EINVAL, "-o and -d exclude each other: -o has no rounds");
	if (o->form_given || o->rounds || o->screen || o->log)
		return fail(p->failure, EINVAL,
			    "-o takes no other option than -s: it prints slabtop's page");
	if (o->sort >= 0 && !columns[o->sort].letter)
		return options_usage(
			p, "-s", columns[o->sort].title,
			"with -o COLUMN must be one of slabtop's letters a b c l v n o p s u");
	return 0;
}

/* What only the running kernel can answer. */
static int check_from(struct parse *p)
{
	const struct options *o = p->top;

	if (!strcmp(p->command, "slabscope demo"))
		return fail(p->failure, EINVAL,
			    "--from is not for demo, which shows what happens now; use top");
	if (o->once || o->callers || o->cgroup || o->btf || o->max_overhead > 0)
		return fail(
			p->failure, EINVAL,
			"--from excludes -o, --callers, --cgroup, --btf and --max-overhead: a recording has "
			"nothing for them");
	return 0;
}

static error_t parse_top(int key, char *value, struct argp_state *state)
{
	struct parse *p = state->input;
	double number;

	switch (key) {
	case 'b':
		return -parse_form(p, OUTPUT_BATCH);
	case 'j':
		return -parse_form(p, OUTPUT_JSON);
	case 'n':
		if (!options_number(value, 1, 1e9, &number) || number != floor(number))
			return -options_usage(p, "-n", value,
					      "COUNT must be a whole number of rounds, "
					      "1 to 1000000000");
		p->top->rounds = (unsigned long)number;
		return 0;
	case 'd':
		if (!options_number(value, INTERVAL_MIN_S, INTERVAL_MAX_S, &number))
			return -options_usage(p, "-d", value,
					      "SECONDS must be from 0.1 to 3600, "
					      "fractions allowed");
		p->top->interval_s = number;
		p->top->interval_given = true;
		return 0;
	case KEY_CSV:
		return -parse_form(p, OUTPUT_CSV);
	case KEY_LOG:
		p->top->log = value;
		return 0;
	case KEY_LOG_SIZE:
		if (!parse_size(value, &p->top->log_size))
			return -options_usage(
				p, "--max-size", value,
				"SIZE must be 4096 bytes or more, such as 500K, 64M or 1G");
		return 0;
	case 'o':
		p->top->once = true;
		return 0;
	case 's':
		p->top->sort = columns_find(value);
		if (p->top->sort < 0 || !columns[p->top->sort].sorts)
			return -options_usage(
				p, "-s", value,
				"COLUMN must be a column that sorts, such as HIT%, or one of "
				"slabtop's letters a b c l v n o p s u");
		return 0;
	case KEY_SCREEN:
		p->top->screen = screens_find(value);
		if (!p->top->screen)
			return -bad_screen(p, value);
		return 0;
	case ARGP_KEY_END:
		if (p->top->log_size && !p->top->log)
			return -fail(p->failure, EINVAL,
				     "--max-size is the log's: give --log, too");
		if (p->top->speed > 0 && !p->top->from)
			return -fail(p->failure, EINVAL,
				     "--speed is a recording's: give --from, too");
		if (p->top->from && check_from(p))
			return EINVAL;
		return p->top->once ? -check_once(p) : 0;
	case 'p':
		if (!options_number(value, 1, INT_MAX, &number) || number != floor(number))
			return -options_usage(p, "-p", value,
					      "PID must be the number of a process");
		p->top->choice.pid = p->top->reference_pid = (int)number;
		return 0;
	case 'c':
		return -choice_add_globs(&p->top->choice, value, p->failure);
	case KEY_OVERHEAD:
		if (!options_number(value, 0.001, 1e6, &number))
			return -options_usage(p, "--max-overhead", value,
					      "PERCENT of a CPU must be 0.001 or more");
		p->top->max_overhead = number;
		return 0;
	case KEY_CALLERS:
		p->top->callers = true;
		return 0;
	case KEY_CGROUP:
		p->top->cgroup = value;
		return 0;
	case KEY_BTF:
		p->top->btf = value;
		return 0;
	case KEY_FROM:
		p->top->from = value;
		return 0;
	case KEY_SPEED:
		if (!options_number(value, SPEED_MIN, SPEED_MAX, &p->top->speed))
			return -options_usage(p, "--speed", value, "X must be from 0.01 to 10000");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_doctor(int key, char *value, struct argp_state *state)
{
	struct parse *p = state->input;

	switch (key) {
	case 'j':
		p->doctor->json = true;
		return 0;
	case KEY_BTF:
		p->doctor->btf = value;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Whether argument is an option that there is, which then lacks its value, or has one too many. */
static bool is_option(const struct argp_option *options, const char *argument)
{
	for (; options->name || options->key; options++) {
		const char *name = options->name ? options->name : " ";
		size_t length = strlen(name);

		if (argument[0] == '-' && argument[1] == options->key)
			return true;
		if (!strncmp(argument, "--", 2) && !strncmp(argument + 2, name, length) &&
		    (!argument[2 + length] || argument[2 + length] == '='))
			return true;
	}
	return false;
}

static int bad_option(struct parse *p, const struct argp_state *state)
{
	const char *argument =
		state->next > 0 && state->next <= state->argc ? state->argv[state->next - 1] : "?";

	if (is_option(p->argp->options, argument))
		return options_usage(p, "option", argument,
				     strchr(argument, '=') ? "it takes no value"
							   : "its value is missing");
	return options_usage(p, "option", argument, "there is no such option");
}

/* Answers and ends the process. */
static void help(const struct parse *p, unsigned flags)
{
	argp_help(p->argp, stdout, flags, (char *)p->command);
	exit(EXIT_SUCCESS);
}

error_t options_parser(int key, char *value, struct argp_state *state)
{
	struct parse *p = state->input;
	error_t err = p->own ? p->own(key, value, state) : ARGP_ERR_UNKNOWN;

	if (err != ARGP_ERR_UNKNOWN)
		return err;
	switch (key) {
	case ARGP_KEY_ARG:
		return -options_usage(p, "argument", value, "not expected here");
	case ARGP_KEY_ERROR:
		bad_option(p, state); /* says nothing if something was said */
		return 0;
	case '?':
	case 'h':
		help(p, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK);
		return 0;
	case OPTIONS_KEY_USAGE:
		help(p, ARGP_HELP_USAGE);
		return 0;
	case 'V':
		puts("slabscope " SLABSCOPE_VERSION);
		exit(EXIT_SUCCESS);
	}
	if (p->top)
		return parse_top(key, value, state);
	return p->doctor ? parse_doctor(key, value, state) : ARGP_ERR_UNKNOWN;
}

int options_run(struct parse *p, const struct argp *argp, int argc, char **argv)
{
	p->argp = argp;
	if (argp_parse(argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP, NULL, p))
		return fail(p->failure, EINVAL, "the options make no sense; see '%s --help'",
			    p->command);
	return 0;
}

int options_parse_top(struct options *o, const char *command, int argc, char **argv,
		      struct failure *f)
{
	bool demo = !strcmp(command, "demo");
	const struct argp argp = {
		.options = top_options, .parser = options_parser, .doc = demo ? demo_doc : top_doc};
	struct parse p = {
		.command = demo ? "slabscope demo" : "slabscope top", .top = o, .failure = f};

	*o = (struct options){.form = OUTPUT_SCREEN, .interval_s = 1, .sort = -1};
	choice_init(&o->choice);
	return options_run(&p, &argp, argc, argv);
}

int options_open(struct options *o, struct failure *f)
{
	return o->cgroup ? choice_set_cgroup(&o->choice, o->cgroup, f) : 0;
}

void options_free(struct options *o)
{
	choice_free(&o->choice);
}

int options_parse_doctor(struct doctor_options *o, int argc, char **argv, struct failure *f)
{
	const struct argp argp = {
		.options = doctor_options, .parser = options_parser, .doc = doctor_doc};
	struct parse p = {.command = "slabscope doctor", .doctor = o, .failure = f};

	*o = (struct doctor_options){0};
	return options_run(&p, &argp, argc, argv);
}

int options_parse_main(int argc, char **argv, struct failure *f)
{
	const struct argp argp = {.options = no_options,
				  .parser = options_parser,
				  .doc = main_doc,
				  .args_doc = "[COMMAND]"};
	struct parse p = {.command = "slabscope", .failure = f};

	return options_run(&p, &argp, argc, argv);
}
