// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* manual.c: writes lists of commands, options and examples in mdoc(7). */
#include "command/manual.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "command/commands.h"
#include "screen/screens.h"

#define MARK ".\\\" @"

/* A template in memory, line by line. */
struct page {
	char **line;
	size_t nr, at;
	const char *name;
	FILE *to;
	struct failure *failure;
};

/* ---- text ----------------------------------------------------------------------------------- */

/* Writes a character so that mdoc shows it as it is. */
static void print_character(FILE *to, char c)
{
	if (c == '\\')
		fputs("\\e", to);
	else if (c == '-')
		fputs("\\-", to);
	else
		fputc(c, to);
}

/* Writes text as mdoc wants it: each sentence on a line, and .Pp for an empty line. */
static void print_text(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (!strncmp(text, "\n\n", 2)) {
			fputs("\n.Pp\n", to);
			text++;
		} else if (!strncmp(text, ". ", 2) && isupper((unsigned char)text[2])) {
			fputs(".\n", to);
			text++;
		} else {
			print_character(to, *text);
		}
	}
}

/* Writes text as a sentence, with a capital and a full stop. */
static void print_sentence(FILE *to, const char *text)
{
	size_t length = strlen(text);

	fputc(toupper((unsigned char)*text), to);
	print_text(to, text + 1);
	fputs(length && text[length - 1] == '.' ? "\n" : ".\n", to);
}

/* Writes the name of an argument as in the help, with a blank before its dots. */
static void print_argument(FILE *to, const char *word, size_t length)
{
	size_t name = length > 3 && !strncmp(word + length - 3, "...", 3) ? length - 3 : length;

	fprintf(to, "Ar %.*s%s", (int)name, word, name < length ? " ..." : "");
}

/* ---- the synopsis --------------------------------------------------------------------------- */

static bool has_letter(const struct argp_option *option)
{
	return option->key > ' ' && option->key < 127;
}

/* The options of every command stand in their lists, not in the synopsis. */
static bool is_general(const struct argp_option *option)
{
	return option->group < 0;
}

/* Writes arguments such as "DIR [-- COMMAND...]". */
static void print_arguments(FILE *to, const char *arguments)
{
	while (*arguments) {
		size_t length = strcspn(arguments, " ]");
		bool optional = *arguments == '[';

		if (optional) {
			arguments++;
			length = strcspn(arguments, " ]");
			fputs(".Op ", to);
		} else {
			fputs(".", to);
		}
		if (length == 2 && !strncmp(arguments, "--", 2)) {
			fputs("Fl - ", to);
			arguments += 3;
			length = strcspn(arguments, " ]");
		}
		print_argument(to, arguments, length);
		fputs("\n", to);
		arguments += length;
		arguments += strspn(arguments, " ]");
	}
}

static void print_synopsis(FILE *to, const struct command *command)
{
	const struct argp_option *option[OPTIONS_MAX];
	size_t count = options_list(command, option), flags = 0;

	fprintf(to, ".Nm slabscope\n.%s %s\n", command == &top_command ? "Op Cm" : "Cm",
		command->name);
	for (size_t i = 0; i < count; i++)
		if (has_letter(option[i]) && !option[i]->arg && !is_general(option[i]))
			fprintf(to, "%s%c", flags++ ? "" : ".Op Fl ", option[i]->key);
	fputs(flags ? "\n" : "", to);
	for (size_t i = 0; i < count; i++) {
		if (is_general(option[i]) || (has_letter(option[i]) && !option[i]->arg))
			continue;
		fputs(".Op Fl ", to);
		if (has_letter(option[i]))
			fputc(option[i]->key, to);
		else
			fprintf(to, "-%s", option[i]->name);
		if (option[i]->arg) {
			fputs(" ", to);
			print_argument(to, option[i]->arg, strlen(option[i]->arg));
		}
		fputs("\n", to);
	}
	if (command->arguments)
		print_arguments(to, command->arguments);
}

/* ---- lists ---------------------------------------------------------------------------------- */

static void print_commands(FILE *to)
{
	fputs(".Bl -tag -width workload\n", to);
	for (size_t i = 0; commands_at(i); i++) {
		fprintf(to, ".It Cm %s\n", commands_at(i)->name);
		print_sentence(to, commands_about(commands_at(i)));
	}
	fputs(".El\n", to);
}

static void print_examples(FILE *to)
{
	for (size_t i = 0; commands_at(i); i++) {
		const struct example *example = commands_at(i)->examples;

		if (!example || !example->purpose)
			continue;
		fprintf(to, ".Ss Examples of %s\n", commands_at(i)->name);
		for (; example->purpose; example++) {
			print_text(to, example->purpose);
			fputs(":\n.Pp\n.Dl ", to);
			print_text(to, example->line);
			fputs(example[1].purpose ? "\n.Pp\n" : "\n", to);
		}
	}
}

static void print_screens(FILE *to)
{
	fputs(".Bl -tag -width callers\n", to);
	for (size_t i = 0; screens_at(i); i++)
		if (screens_listed(screens_at(i), false)) {
			fprintf(to, ".It Cm %s\n", screens_at(i)->name);
			print_sentence(to, screens_at(i)->what);
		}
	fputs(".El\n", to);
}

/* ---- the template --------------------------------------------------------------------------- */

/* Returns what follows a mark of the template, such as "@more ", or NULL for another line. */
static const char *after_mark(const char *line, const char *mark)
{
	size_t length = strlen(mark);

	if (strncmp(line, MARK, strlen(MARK)) || strncmp(line + strlen(MARK), mark, length))
		return NULL;
	line += strlen(MARK) + length;
	return !*line ? line : *line == ' ' ? line + 1 : NULL;
}

static void print_synopses(FILE *to)
{
	for (size_t i = 0; commands_at(i); i++)
		print_synopsis(to, commands_at(i));
}

/* Prints a line, or the list that it marks. Returns 0, or -EINVAL with the failure filled. */
static int print_line(const struct page *p, const char *line)
{
	static const struct {
		const char *mark;
		void (*print)(FILE *to);
	} marks[] = {
		{"synopsis", print_synopses},
		{"commands", print_commands},
		{"examples", print_examples},
		{"screens", print_screens},
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (after_mark(line, marks[i].mark)) {
			marks[i].print(p->to);
			return 0;
		}
	if (!strncmp(line, MARK, strlen(MARK)))
		return fail(p->failure, EINVAL, "%s: there is no mark '%s'", p->name, line);
	fprintf(p->to, "%s\n", line);
	return 0;
}

/* ---- options, and what the template adds to them -------------------------------------------- */

/* Copies the lines after "@more OPTION" up to the next mark. Returns whether there were any. */
static bool print_more(const struct page *p, size_t begin, size_t end, const char *option)
{
	for (size_t i = begin; i < end; i++) {
		const char *name = after_mark(p->line[i], "more");

		if (!name || strncmp(name, "--", 2) || strcmp(name + 2, option))
			continue;
		while (++i < end && !after_mark(p->line[i], "more"))
			print_line(p, p->line[i]);
		return true;
	}
	return false;
}

static void print_option(FILE *to, const struct argp_option *option)
{
	fputs(".It ", to);
	if (has_letter(option))
		fprintf(to, "Fl %s%c , ", ispunct(option->key) ? "\\&" : "", option->key);
	fprintf(to, "Fl -%s", option->name);
	if (option->arg) {
		fputs(" ", to);
		print_argument(to, option->arg, strlen(option->arg));
	}
	fputs("\n", to);
	print_sentence(to, option->doc);
}

/* Fills "@options COMMAND", and moves on to its "@end". */
static int print_options(struct page *p, const char *name)
{
	const struct command *command =
		*name ? commands_find(name, p->failure) : commands_overview();
	const struct argp_option *option[OPTIONS_MAX];
	size_t begin = p->at + 1, end = begin, more = 0, count;

	if (!command)
		return -EINVAL;
	for (; end < p->nr && !after_mark(p->line[end], "end"); end++)
		more += after_mark(p->line[end], "more") != NULL;
	if (end == p->nr)
		return fail(p->failure, EINVAL, "%s: @options %s has no @end", p->name, name);
	count = options_list(command, option);
	fputs(".Bl -tag -width Ds\n", p->to);
	for (size_t i = 0; i < count; i++) {
		if (*name && is_general(option[i]))
			continue;
		print_option(p->to, option[i]);
		more -= print_more(p, begin, end, option[i]->name);
	}
	fputs(".El\n", p->to);
	p->at = end;
	if (more)
		return fail(p->failure, EINVAL,
			    "%s: an @more of %s names an option that does not exist", p->name,
			    name);
	return 0;
}

/* Reads the template's lines. Returns 0 or a negative errno. */
static int read_lines(FILE *from, struct page *p)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, from) >= 0) {
		char **next = array_append(&p->line, &p->nr, sizeof(*next));

		if (!next)
			break;
		line[strcspn(line, "\n")] = '\0';
		*next = line;
		line = NULL;
		size = 0;
	}
	free(line);
	return feof(from) ? 0 : ferror(from) ? -EIO : -ENOMEM;
}

int manual_print(const char *template, FILE *to, struct failure *f)
{
	struct page p = {.name = template, .to = to, .failure = f};
	FILE *from = fopen(template, "re");
	int err = from ? read_lines(from, &p) : -errno;

	if (err)
		fail(f, -err, "%s: cannot be read: %s", template, strerror(-err));
	for (; !err && p.at < p.nr; p.at++) {
		const char *command = after_mark(p.line[p.at], "options");

		err = command ? print_options(&p, command) : print_line(&p, p.line[p.at]);
	}
	if (from)
		fclose(from);
	while (p.nr)
		free(p.line[--p.nr]);
	free(p.line);
	return err;
}
