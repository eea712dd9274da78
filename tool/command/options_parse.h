/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* options_parse.h: what the parsers of all commands share. */
#ifndef SLABSCOPE_OPTIONS_PARSE_H
#define SLABSCOPE_OPTIONS_PARSE_H

#include <argp.h>

#include "command/options.h"

#define OPTIONS_KEY_USAGE 1

/* argp's own help would print nothing: it is silenced together with its errors. */
/* clang-format off */
#define OPTIONS_HELP \
	{"help", '?', NULL, 0, "Give this help list", -1}, \
	{NULL, 'h', NULL, OPTION_HIDDEN, NULL, -1}, \
	{"usage", OPTIONS_KEY_USAGE, NULL, 0, "Give a short usage message", -1}, \
	{"version", 'V', NULL, 0, "Print the program's version", -1}, \
	{0}
/* clang-format on */

/* What a parser fills, and where it says what is wrong. */
struct parse {
	const char *command;
	const struct argp *argp;
	struct options *top;
	struct doctor_options *doctor;
	argp_parser_t own; /* of a command with a file of its own; sees everything first */
	void *to;	   /* what own fills */
	struct failure *failure;
};

/* "WHAT VALUE: WANTED; see ...". Returns -EINVAL. */
int options_usage(struct parse *p, const char *what, const char *value, const char *wanted);

/* Returns false unless all of text is a decimal number from min to max. */
bool options_number(const char *text, double min, double max, double *to);

/* What record, replay and compare have in common; 0 or -EINVAL. The list of caches is cut where it stands. */
int options_caches(struct parse *p, char *value, const char *const **to);
int options_tunable(struct parse *p, const char *name, const char *value, int min, int *to);
struct replay_settings;
int options_check_tunables(struct parse *p,
			   const struct replay_settings *s); /* whether they fit together */

error_t options_parser(int key, char *value, struct argp_state *state);
int options_run(struct parse *p, const struct argp *argp, int argc, char **argv);

#endif
