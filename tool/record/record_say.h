/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_say.h: the line with the progress of a recording. */
#ifndef SLABSCOPE_RECORD_SAY_H
#define SLABSCOPE_RECORD_SAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct record_so_far {
	uint64_t events, bytes, lost;
	double seconds;
};

/* Prints the line between begin and end. exact: full numbers, for the last line. */
void record_say(FILE *to, const struct record_so_far *r, bool exact, const char *begin,
		const char *end);

#endif
