// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* commands.c: finds a command in the table, and runs it. */
#include "command/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMANDS_ROW(name) &name##_command,
static const struct command *const table[] = {COMMANDS(COMMANDS_ROW)};
#define ROWS (sizeof(table) / sizeof(*table))

const struct command *commands_at(size_t position)
{
	if (position < ROWS)
		return table[position];
	if (!commands_more)
		return NULL;
	for (size_t i = 0; commands_more[i]; i++)
		if (i == position - ROWS)
			return commands_more[i];
	return NULL;
}

/* Writes "top, demo, ... and help". */
static void list_names(char *to, size_t size)
{
	size_t used = 0;

	to[0] = '\0';
	for (size_t i = 0; commands_at(i) && used < size; i++) {
		const char *between = !i ? "" : commands_at(i + 1) ? ", " : " and ";

		used += (size_t)snprintf(to + used, size - used, "%s%s", between,
					 commands_at(i)->name);
	}
}

const struct command *commands_find(const char *name, struct failure *f)
{
	char names[256];

	for (size_t i = 0; commands_at(i); i++)
		if (!strcmp(name, commands_at(i)->name))
			return commands_at(i);
	list_names(names, sizeof(names));
	fail(f, EINVAL, "there is no command '%s': the commands are %s; see 'slabscope help'", name,
	     names);
	return NULL;
}

const char *commands_about(const struct command *command)
{
	return command->about ? command->about : command->summary;
}

const struct command *commands_overview(void)
{
	static char notes[2048];
	static const struct command overview = {
		.arguments = "[COMMAND]",
		.about = "Shows how slab allocators refill: per-CPU hit rates and refill latencies "
			 "of the running kernel's allocator and of libslab, a reference in user "
			 "space, side by side.",
		.notes = notes,
	};
	size_t used = (size_t)snprintf(notes, sizeof(notes), "Commands:\n");

	for (size_t i = 0; commands_at(i) && used < sizeof(notes); i++)
		used += (size_t)snprintf(notes + used, sizeof(notes) - used, "  %-9s %s\n",
					 commands_at(i)->name, commands_at(i)->summary);
	if (used < sizeof(notes))
		snprintf(notes + used, sizeof(notes) - used,
			 "\nWithout a command, slabscope runs top. 'slabscope help COMMAND' "
			 "explains a command. Exit status: 0 success, 1 failure, 2 usage.");
	return &overview;
}

/* Whether the option belongs to slabscope as a whole: such an option needs no command. */
static bool is_general(const char *option)
{
	static const char *const general[] = {"--help", "-?", "--usage", "--version", "-V"};

	for (size_t i = 0; i < sizeof(general) / sizeof(*general); i++)
		if (!strcmp(option, general[i]))
			return true;
	return false;
}

int commands_run(int argc, char **argv, struct failure *f)
{
	const struct command *command;

	if (argc < 2 || (argv[1][0] == '-' && !is_general(argv[1])))
		return top_command.run(argc, argv, f);
	if (argv[1][0] == '-')
		return options_parse(commands_overview(), NULL, argc, argv, f) ? EXIT_USAGE
									       : EXIT_SUCCESS;
	command = commands_find(argv[1], f);
	return command ? command->run(argc - 1, argv + 1, f) : EXIT_USAGE;
}
