/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * columns.h: the columns of the table of caches: values, order, and which ones a narrow screen
 * keeps. One row of the table is one cache of one side.
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
	COLUMN_BYPASSES,
	COLUMN_P50,
	COLUMN_P99,
	COLUMN_ORIGIN,
	COLUMN_TREND,
	COLUMNS
};

struct row {
	const struct model_side *side;
	const struct model_cache *cache;
	const struct trend_cache *trend; /* NULL: no earlier interval */
};

struct column_info {
	const char *title;
	const char *meaning, *from; /* and the source of the value: for the help */
	int width;		    /* with the blank before it; that of the name is the least */
	/* From 1 to COLUMNS, each once: the lower, the longer a narrow screen keeps it. 0: it
	 * always shows, which is for the name alone. */
	int rank;
	char letter; /* slabtop's letter that sorts by it, or 0 */
	bool sorts;
};
#define COLUMN_BIT(c) (1u << (c))
_Static_assert(COLUMNS <= 32, "a mask of columns fits in 32 bits");
extern const struct column_info columns[COLUMNS];

/* The widths of the columns; 0 leaves a column out. */
struct column_widths {
	int of[COLUMNS];
};

/* Returns what fits in width columns, without those in hidden (of COLUMN_BIT; the name always
 * shows, with at least name columns). The column that sorts is among the last to be left out. */
struct column_widths columns_choose(int width, int name, enum column sort, uint32_t hidden);

/* Returns the column with that title, the only one whose title begins so, or that with this letter
 * of slabtop, without regard to case; -1: none. */
int columns_find(const char *text);

/* Returns which of wanted, of COLUMN_BIT, the row can fill, now or with its next events. */
uint32_t columns_filled(const struct row *row, uint32_t wanted);

/* Returns less than 0 if a comes before b, greater if after, and 0 only for the same row. Unknown
 * values come last, ascending or descending. */
int columns_compare(enum column column, const struct row *a, const struct row *b, double interval_s,
		    bool descending);

/* Returns the text of a number: "n/a" if it is unknown, "-" if there were no events. */
struct unit columns_text(enum column column, const struct row *row, double interval_s, bool utf8);

#endif
