/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_lines.h: the quantities of a cache, a line each, for the text and the screen. */
#ifndef SLABSCOPE_COMPARE_LINES_H
#define SLABSCOPE_COMPARE_LINES_H

#include "compare/compare.h"

/* A quantity of both sides. */
struct compare_line {
	char label[32], recorded[80], reference[80], rest[96];
};

/* Writes line n of a cache; the first one is the heading. Returns false where there are no more. */
bool compare_lines_get(const struct compare *all, const struct compare_cache *c, unsigned n,
		       bool utf8, struct compare_line *to);

#endif
