/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_command.h: slabscope compare. */
#ifndef SLABSCOPE_COMPARE_COMMAND_H
#define SLABSCOPE_COMPARE_COMMAND_H

#include "compare.h"

struct compare_options {
	const char *dir;
	bool json, tui;
	struct compare_settings settings;
};

int options_parse_compare(struct compare_options *o, int argc, char **argv, struct failure *f);

/* Returns an exit status. */
int compare_command(const struct compare_options *o, struct failure *f);

#endif
