// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* values.c: takes the values from the tables of screens, columns, workloads and commands. */
#include "command/values.h"

#include <stdio.h>
#include <string.h>

#include "command/commands.h"
#include "command/workload_kinds.h"
#include "screen/columns.h"
#include "screen/screens.h"

/* Each returns word number n of a list, or NULL after the last one. */

static const char *screen_word(size_t n)
{
	for (size_t i = 0; screens_at(i); i++)
		if (screens_listed(screens_at(i), false) && !n--)
			return screens_at(i)->name;
	return NULL;
}

/* The letters of slabtop come first, in the alphabet's order. */
static const char *column_word(size_t n)
{
	static char letter[2];

	for (char c = 'a'; c <= 'z'; c++)
		for (int i = 0; i < COLUMNS; i++)
			if (columns[i].letter == c && !n--) {
				letter[0] = c;
				return letter;
			}
	for (int i = 0; i < COLUMNS; i++)
		if (columns[i].sorts && !n--)
			return columns[i].title;
	return NULL;
}

static const char *workload_word(size_t n)
{
	if (n < workload_nr_kinds)
		return workload_kinds[n].name;
	return n == workload_nr_kinds ? "all" : NULL;
}

static const char *command_word(size_t n)
{
	return commands_at(n) ? commands_at(n)->name : NULL;
}

static const char *shell_word(size_t n)
{
	static const char *const shells[] = {"bash", "zsh", "fish", NULL};

	return shells[n];
}

static const struct value_row {
	const char *placeholder;
	enum value_kind kind;
	const char *(*word)(size_t n);
} rows[] = {
	{"FILE", VALUE_FILE, NULL},
	{"DIR", VALUE_DIRECTORY, NULL},
	{"PATH", VALUE_DIRECTORY, NULL},
	{"PID", VALUE_PROCESS, NULL},
	{"CACHES", VALUE_CACHES, NULL},
	{"COMMAND...", VALUE_COMMAND, NULL},
	{"SCREEN", VALUE_WORDS, screen_word},
	{"COLUMN", VALUE_WORDS, column_word},
	{"SHELL", VALUE_WORDS, shell_word},
	{"WORKLOAD", VALUE_WORDS, workload_word},
	{"COMMAND", VALUE_WORDS, command_word},
};

static const struct value_row *find(const char *placeholder)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].placeholder, placeholder))
			return &rows[i];
	return NULL;
}

enum value_kind values_kind(const char *placeholder)
{
	const struct value_row *row = find(placeholder);

	if (row)
		return row->kind;
	return strchr(placeholder, '|') ? VALUE_WORDS : VALUE_ANY;
}

/* A placeholder such as "ns|instructions" lists its words itself. */
static void split(const char *placeholder, const char *separator, char *to, size_t size)
{
	size_t used = 0;

	for (const char *c = placeholder; *c && used < size; c++)
		used += (size_t)(*c == '|' ? snprintf(to + used, size - used, "%s", separator)
					   : snprintf(to + used, size - used, "%c", *c));
}

void values_words(const char *placeholder, const char *separator, char *to, size_t size)
{
	const struct value_row *row = find(placeholder);
	const char *word;
	size_t used = 0;

	to[0] = '\0';
	if (!row)
		split(placeholder, separator, to, size);
	for (size_t n = 0; row && row->word && (word = row->word(n)) && used < size; n++)
		used += (size_t)snprintf(to + used, size - used, "%s%s", n ? separator : "", word);
}

void values_wanted(const char *placeholder, char *to, size_t size)
{
	char words[256];

	values_words(placeholder, ", ", words, sizeof(words));
	snprintf(to, size, "%s must be one of %s", placeholder, words);
}
