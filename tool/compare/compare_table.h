/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * compare_table.h: the table of verdicts: a row for each cache, in the text and on the screen. A
 * narrow table has fewer values; the verdicts always stay.
 */
#ifndef SLABSCOPE_COMPARE_TABLE_H
#define SLABSCOPE_COMPARE_TABLE_H

#include "base/units.h"
#include "compare/compare.h"

#define COMPARE_TABLE_VALUE   8 /* columns of a value */
#define COMPARE_TABLE_VERDICT 9

/* A value with a higher number is the first to be left out. */
enum compare_table_value {
	COMPARE_REFILLS,
	COMPARE_REFILLS_REF,
	COMPARE_HIT,
	COMPARE_HIT_REF,
	COMPARE_P50,
	COMPARE_P50_REF,
	COMPARE_ALLOCS,
	COMPARE_VALUES
};

extern const char *const compare_table_title[COMPARE_VALUES];

/* From left to right. */
extern const enum compare_table_value compare_table_place[COMPARE_VALUES];

/* Returns how many values fit into so many columns, beside the verdicts; pairs stay together. */
int compare_table_shown(int columns);

struct unit compare_table_value(const struct compare *all, const struct compare_cache *c,
				enum compare_table_value value, bool utf8);

/* By enum verdict, "-" if there is none. Of the reference: it refills more or less often ... */
extern const char *const compare_table_refills[];
/* ... and its refills are longer or shorter. */
extern const char *const compare_table_times[];

#endif
