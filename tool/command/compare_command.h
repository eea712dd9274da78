/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_command.h: slabscope compare. */
#ifndef SLABSCOPE_COMPARE_COMMAND_H
#define SLABSCOPE_COMPARE_COMMAND_H

#include "compare/compare.h"
#include "compare/compare_live.h"

struct compare_options {
	bool json, tui;
	bool live;			  /* record first */
	struct compare_live_options made; /* dir: also of a recording that is there */
	struct compare_settings settings;
};

/* Fills o from the command line; as those of options.h. */
int options_parse_compare(struct compare_options *o, int argc, char **argv, struct failure *f);

/* Returns an exit status. */
int compare_command(const struct compare_options *o, struct failure *f);

#endif
