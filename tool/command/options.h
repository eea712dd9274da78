/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * options.h: parses the options of a command with argp. Commands share groups of options; a group
 * is an argp whose parser fills one struct, and reports a mistake with options_wrong().
 */
#ifndef SLABSCOPE_OPTIONS_H
#define SLABSCOPE_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/failure.h"

struct command;

/* A group of a command, and where its struct lies in the one of the command. */
struct option_group {
	const struct argp *argp;
	size_t offset;
};

/*
 * Parses argv[1...] into the struct at to, which holds the defaults. Prints --help, --usage and
 * --version, and ends the process with 0 then. Returns 0, or -EINVAL with the failure filled.
 */
int options_parse(const struct command *command, void *to, int argc, char **argv,
		  struct failure *f);

/* Prints what --help prints. Returns 0 or a negative errno. */
int options_help(const struct command *command, FILE *to);

/* The options of a command that help lists, in the order of their groups. */
#define OPTIONS_MAX 48
size_t options_list(const struct command *command, const struct argp_option *to[OPTIONS_MAX]);

/* Writes the first argument of a command without its brackets, such as "DIR"; "" if it has none. */
void options_argument(const struct command *command, char *to, size_t size);

/* ---- for the parsers of groups ---- */

/* Reports "WHAT VALUE: WANTED; see 'slabscope COMMAND --help'". Returns EINVAL. */
error_t options_wrong(const struct argp_state *state, const char *what, const char *value,
		      const char *wanted);

/* Reports a mistake in the combination of options. Returns EINVAL. */
error_t options_conflict(const struct argp_state *state, const char *text);

/* The failure to fill, for what checks an option elsewhere. */
struct failure *options_failure(const struct argp_state *state);

/* Returns false unless all of text is a decimal number from min to max. */
bool options_number(const char *text, double min, double max, double *to);

/* Returns false unless all of text is a whole number from min to max. */
bool options_whole(const char *text, long min, long max, long *to);

#endif
