/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_text.h: the numbers and the notes of a comparison, for the text and the screen. */
#ifndef SLABSCOPE_COMPARE_TEXT_H
#define SLABSCOPE_COMPARE_TEXT_H

#include "base/units.h"
#include "compare/compare.h"

/* Returns a duration, or a number of instructions. */
struct unit compare_text_duration(const struct compare *c, double v, bool utf8);

/* Returns the unit of durations: "ns" or "instructions". */
const char *compare_text_unit_name(const struct compare *c);

/* "1.23 (1.10 to 1.35)", "1.23" without an interval, "n/a". */
struct compare_text {
	char text[64];
};
struct compare_text compare_text_number(struct estimate e);
struct compare_text compare_text_percent(struct estimate share);
struct compare_text compare_text_time(const struct compare *c, struct estimate e, bool utf8);

/* Writes note n about the whole comparison. Returns false where there are no more. */
bool compare_text_note(const struct compare *c, unsigned n, bool utf8, char *text, size_t size);

#endif
