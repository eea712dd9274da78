/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * commands.h: the table of commands. A command is one file, NAME_command.c, which defines
 * NAME_command, and one row here. The help, the completions and the manual follow from it.
 */
#ifndef SLABSCOPE_COMMANDS_H
#define SLABSCOPE_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "command/options.h"

/* The rows, in the order in which help lists them. */
#define COMMANDS(ROW) \
	ROW(top)      \
	ROW(demo)     \
	ROW(doctor)   \
	ROW(record)   \
	ROW(replay)   \
	ROW(compare)  \
	ROW(workload) \
	ROW(help)

enum { EXIT_USAGE = 2 };

struct example {
	const char *purpose; /* a sentence without its full stop; NULL ends the list */
	const char *line;    /* what to type; at most 72 columns */
};

struct command {
	const char *name;
	const char *summary;		    /* one line, for lists of commands */
	const char *arguments;		    /* after the options, such as "DIR"; NULL: none */
	const char *about;		    /* before the options in --help; NULL: summary */
	const char *notes;		    /* after them; NULL: none */
	const struct option_group *options; /* ends with one without argp; NULL: none */
	const struct example *examples;	    /* ends with one without purpose; NULL: none */
	/* Parses argv[1...] and runs. Returns an exit status; f explains one that is not 0. */
	int (*run)(int argc, char **argv, struct failure *f);
};

#define COMMANDS_DECLARE(name) extern const struct command name##_command;
COMMANDS(COMMANDS_DECLARE)
#undef COMMANDS_DECLARE

/* More rows, ended by NULL: a test links them in. */
extern const struct command *const commands_more[] __attribute__((weak));

/* Returns the command at a position of the table, or NULL after the last one. */
const struct command *commands_at(size_t position);

/* Returns the command of that name, or NULL with the failure filled. */
const struct command *commands_find(const char *name, struct failure *f);

/* Returns what a command does: its about, or its summary where it has none. */
const char *commands_about(const struct command *command);

/* Returns a command without a name: its help explains slabscope and lists the commands. */
const struct command *commands_overview(void);

/*
 * Runs what a command line asks for: argv[1] names a command, or is an option of top. Returns an
 * exit status; f explains one that is not 0.
 */
int commands_run(int argc, char **argv, struct failure *f);

#endif
