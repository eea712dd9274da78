/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_report.h: a comparison as text, or as one JSON object. */
#ifndef SLABSCOPE_COMPARE_REPORT_H
#define SLABSCOPE_COMPARE_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "compare/compare.h"
#include "base/units.h"

void compare_print(FILE *to, const struct compare *c, bool utf8);

/* NULL: no memory. Schema "slabscope.compare/1". */
json_t *compare_json(const struct compare *c);

/* ---- what text and screen share ---------------------------------------------------------------- */

/* A duration, or instructions. */
struct unit compare_duration(const struct compare *c, double v, bool utf8);

/* Nanoseconds may be instructions: what a duration is in. */
const char *compare_unit_name(const struct compare *c);

/* "1.23 (1.10 to 1.35)", "1.23" without an interval, "n/a". Percents of a share. */
struct compare_text {
	char text[64];
};
struct compare_text compare_number(struct estimate e);
struct compare_text compare_percent(struct estimate e);
struct compare_text compare_time(const struct compare *c, struct estimate e, bool utf8);

/* A quantity of both sides. */
struct compare_line {
	char label[32], recorded[80], reference[80], rest[96];
};

/* Line n of a cache's, the first one being the heading; false: there are no more. */
bool compare_line(const struct compare *all, const struct compare_cache *c, unsigned n, bool utf8,
		  struct compare_line *to);

/* Line n of what is to be known about all of it, or false: there are no more. */
bool compare_note(const struct compare *c, unsigned n, bool utf8, char *text, size_t size);

#endif
