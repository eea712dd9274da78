/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * columns.h: the columns of the table of caches: what each shows, sorts by and is worth when the
 * screen is narrow. One row of the table is one cache of one side.
 */
#ifndef SLABSCOPE_COLUMNS_H
#define SLABSCOPE_COLUMNS_H

#include "model/trend.h"
#include "base/units.h"

/* In the order in which they stand. */
enum column {
	COLUMN_CACHE,
	COLUMN_SIDE,
	COLUMN_PID,
	COLUMN_OBJECTS,
	COLUMN_ACTIVE,
	COLUMN_CACHED,
	COLUMN_USE,
	COLUMN_SIZE,
	COLUMN_SLABS,
	COLUMN_ACTIVE_SLABS,
	COLUMN_PER_SLAB,
	COLUMN_PAGES,
	COLUMN_MEM,
	COLUMN_GROWTH,
	COLUMN_ALLOCS,
	COLUMN_FREES,
	COLUMN_HIT,
	COLUMN_REFILLS,
	COLUMN_P50,
	COLUMN_P99,
	COLUMN_ORIGIN,
	COLUMN_TREND,
	COLUMNS
};

struct row {
	const struct model_side *side;
	const struct model_cache *cache;
	const struct trend_cache *trend; /* NULL: nothing came before */
};

struct column_info {
	const char *title;
	const char *meaning, *from; /* what it is, and who says so: for the help */
	int width;		    /* with the blank before it; the cache's own is the least */
	int rank;		    /* the lower, the longer it is shown; 0: always */
	char letter;		    /* slabtop's letter that sorts by it, or 0 */
	bool sorts;
};
#define COLUMN_BIT(c) (1u << (c))
_Static_assert(COLUMNS <= 32, "a mask of columns fits in 32 bits");
extern const struct column_info columns[COLUMNS];

/* Which columns are shown, and how wide: 0 is not at all. */
struct column_widths {
	int of[COLUMNS];
};

/* What fits in width columns, without those in hidden (of COLUMN_BIT; the name is always shown). The
 * one that sorts is among the last to go. */
struct column_widths columns_choose(int width, enum column sort, uint32_t hidden);

/* The column whose title, or slabtop letter, text is; without regard to case. -1: there is none. */
int columns_find(const char *text);

/* Less than 0 if a comes before b, greater if after, never 0 but for the same row. What is not known
 * comes last, ascending or descending. */
int columns_compare(enum column column, const struct row *a, const struct row *b, double interval_s,
		    bool descending);

/* What the cell says, for columns that are numbers: "n/a" not known, "-" nothing to tell. */
struct unit columns_text(enum column column, const struct row *row, double interval_s, bool utf8);

#endif
