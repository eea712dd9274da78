/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_say.h: the line that says how far a recording is. */
#ifndef SLABSCOPE_RECORD_SAY_H
#define SLABSCOPE_RECORD_SAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct record_so_far {
	uint64_t events, bytes, lost;
	double seconds;
};

/* Between begin and end; exact: it is the last word, and may be compared. */
void record_say(FILE *to, const struct record_so_far *r, bool exact, const char *begin,
		const char *end);

#endif
