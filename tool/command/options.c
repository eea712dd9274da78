// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * options.c: parses a command line by argp. The error messages of argp take two lines and give no
 * reason; they are off, and the caller's failure explains a mistake instead.
 */
#include "command/options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command/commands.h"
#include "command/values.h"
#include "system/output.h"

#define GROUPS_MAX 8

/* One run of argp. The parsers find it by its first member, the root of their state. */
struct parse {
	struct argp argp;
	struct argp_child child[GROUPS_MAX + 2];
	const struct command *command;
	char name[64]; /* "slabscope COMMAND" */
	void *to;
	struct failure *failure;
};

static const struct parse *parse_of(const struct argp_state *state)
{
	return (const struct parse *)state->root_argp;
}

/* ---- mistakes ------------------------------------------------------------------------------- */

struct failure *options_failure(const struct argp_state *state)
{
	return parse_of(state)->failure;
}

error_t options_wrong(const struct argp_state *state, const char *what, const char *value,
		      const char *wanted)
{
	const struct parse *p = parse_of(state);

	fail(p->failure, EINVAL, "%s %s: %s; see '%s --help'", what, value, wanted, p->name);
	return EINVAL;
}

error_t options_conflict(const struct argp_state *state, const char *text)
{
	fail(options_failure(state), EINVAL, "%s", text);
	return EINVAL;
}

/* Whether the argument is the option. */
static bool is_option(const struct argp_option *option, const char *argument)
{
	size_t length = strlen(option->name);

	if (argument[0] == '-' && argument[1] == option->key)
		return true;
	return !strncmp(argument, "--", 2) && !strncmp(argument + 2, option->name, length) &&
	       (!argument[2 + length] || argument[2 + length] == '=');
}

/* Explains why argp refuses an option: no such option, no value, or a value too many. */
static void explain_refusal(const struct argp_state *state)
{
	const struct parse *p = parse_of(state);
	const char *argument =
		state->next > 0 && state->next <= state->argc ? state->argv[state->next - 1] : "?";
	const struct argp_option *option[OPTIONS_MAX];
	size_t count = options_list(p->command, option);

	for (size_t i = 0; i < count; i++) {
		if (!is_option(option[i], argument))
			continue;
		options_wrong(state, "option", argument,
			      strchr(argument, '=') ? "it takes no value" : "its value is missing");
		return;
	}
	options_wrong(state, "option", argument, "there is no such option");
}

/* ---- the options of every command ----------------------------------------------------------- */

#define KEY_USAGE 1

static const struct argp_option help_options[] = {
	{"help", '?', NULL, 0, "Print this help", -1},
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, -1},
	{"usage", KEY_USAGE, NULL, 0, "Print the options in short", -1},
	{"version", 'V', NULL, 0, "Print the version of slabscope", -1},
	{0},
};

/* Ends the process after what was printed instead of running a command. */
static void __attribute__((noreturn)) finish(const struct parse *p, const char *what, int err)
{
	err = err ?: output_finish(what, p->failure);
	if (p->failure->text[0])
		fprintf(stderr, "slabscope: %s\n", p->failure->text);
	exit(err ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* Answers an option of every command, and refuses an argument that the command did not take. */
static error_t parse_help(int key, char *value, struct argp_state *state)
{
	const struct parse *p = parse_of(state);

	switch (key) {
	case ARGP_KEY_ARG:
		return options_wrong(state, "argument", value, "not expected here");
	case '?':
	case 'h':
		finish(p, "the help", options_help(p->command, stdout));
	case KEY_USAGE:
		argp_help(&p->argp, stdout, ARGP_HELP_USAGE, (char *)p->name);
		finish(p, "the help", 0);
	case 'V':
		puts("slabscope " SLABSCOPE_VERSION);
		finish(p, "the version", 0);
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp help_group = {.options = help_options, .parser = parse_help};

/* Returns the groups of a command. One without an argp ends them. */
static const struct option_group *groups_of(const struct command *command)
{
	static const struct option_group none = {0};

	return command->options ? command->options : &none;
}

size_t options_list(const struct command *command, const struct argp_option *to[OPTIONS_MAX])
{
	const struct option_group *group = groups_of(command);
	size_t count = 0;
	bool last;

	do {
		const struct argp_option *row = group->argp ? group->argp->options : help_options;

		last = !group->argp;
		for (; row->name || row->key; row++)
			if (!(row->flags & OPTION_HIDDEN) && count < OPTIONS_MAX)
				to[count++] = row;
		group++;
	} while (!last);
	return count;
}

/* ---- a command ------------------------------------------------------------------------------ */

/* Hands each group its part of the command's struct. The last child is the group of help. */
static error_t parse_command(int key, char *value, struct argp_state *state)
{
	const struct parse *p = parse_of(state);
	const struct option_group *group = groups_of(p->command);

	(void)value;
	switch (key) {
	case ARGP_KEY_INIT:
		for (size_t i = 0; group[i].argp; i++)
			state->child_inputs[i] = (char *)p->to + group[i].offset;
		return 0;
	case ARGP_KEY_ERROR:
		explain_refusal(state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void prepare(struct parse *p, const struct command *command, const char *doc)
{
	const struct option_group *group = groups_of(command);
	size_t nr = 0;

	memset(p, 0, sizeof(*p));
	p->command = command;
	snprintf(p->name, sizeof(p->name), command->name ? "slabscope %s" : "slabscope",
		 command->name);
	for (; nr < GROUPS_MAX && group[nr].argp; nr++)
		p->child[nr].argp = group[nr].argp;
	p->child[nr].argp = &help_group;
	p->argp = (struct argp){.parser = parse_command,
				.args_doc = command->arguments,
				.doc = doc,
				.children = p->child};
}

void options_argument(const struct command *command, char *to, size_t size)
{
	const char *from = command->arguments ? command->arguments : "";

	from += *from == '[';
	snprintf(to, size, "%.*s", (int)strcspn(from, " ]"), from);
}

/* Writes "SCREEN must be one of caches, cpus, ..." for a placeholder that has a table. */
static void write_value(const char *placeholder, FILE *to)
{
	char wanted[512];

	if (!placeholder || strchr(placeholder, '|') || values_kind(placeholder) != VALUE_WORDS)
		return;
	values_wanted(placeholder, wanted, sizeof(wanted));
	fprintf(to, "%s.\n", wanted);
}

static void write_values(const struct command *command, FILE *to)
{
	const struct argp_option *option[OPTIONS_MAX];
	size_t count = options_list(command, option);
	char argument[64];

	for (size_t i = 0; i < count; i++)
		write_value(option[i]->arg, to);
	options_argument(command, argument, sizeof(argument));
	write_value(argument, to);
}

/* Writes the text around the list of options, as argp wants it: \v stands between the two parts. */
static void write_doc(const struct command *command, FILE *to)
{
	const struct example *example = command->examples;

	/* Never empty before \v: argp would print the whole text there. */
	fprintf(to, "%s\v", commands_about(command));
	write_values(command, to);
	if (command->notes)
		fprintf(to, "%s\n", command->notes);
	if (!example)
		return;
	fputs("\nExamples:\n", to);
	for (; example->purpose; example++)
		fprintf(to, "  %s\n      %s\n", example->line, example->purpose);
}

int options_help(const struct command *command, FILE *to)
{
	struct parse p;
	char *doc = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&doc, &size);

	if (!stream)
		return -errno;
	write_doc(command, stream);
	if (fclose(stream)) {
		free(doc);
		return -ENOMEM;
	}
	prepare(&p, command, doc);
	argp_help(&p.argp, to, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK, p.name);
	free(doc);
	return 0;
}

int options_parse(const struct command *command, void *to, int argc, char **argv, struct failure *f)
{
	struct parse p;

	prepare(&p, command, command->about);
	p.to = to;
	p.failure = f;
	if (argp_parse(&p.argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP, NULL, NULL))
		return fail(f, EINVAL, "the options are not valid; see '%s --help'", p.name);
	return 0;
}

/* ---- values --------------------------------------------------------------------------------- */

bool options_number(const char *text, double min, double max, double *to)
{
	char *end;

	if (!strchr("0123456789.", *text) || strpbrk(text, "xXpP"))
		return false;
	*to = strtod(text, &end);
	return end != text && !*end && isfinite(*to) && *to >= min && *to <= max;
}

bool options_whole(const char *text, long min, long max, long *to)
{
	double number;

	if (!options_number(text, (double)min, (double)max, &number) || number != floor(number))
		return false;
	*to = (long)number;
	return true;
}
