/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* cache_list.h: the caches that a screen lists: filtered, sorted, and which of them is selected. */
#ifndef SLABSCOPE_CACHE_LIST_H
#define SLABSCOPE_CACHE_LIST_H

#include "screen/ui.h"

/* The rows that are shown, in their order. */
struct cache_list {
	struct row *row;
	size_t nr;
	size_t hidden;	   /* by filter, side, or as idle */
	uint32_t unfilled; /* of COLUMN_BIT: columns that no cache of the model can fill */
	int longest;	   /* name, in columns */
	double interval_s;
};

/* Fills l with the rows of m; it is valid as long as m and t, which may be NULL. The caller frees
 * it. Returns 0 or -ENOMEM. */
int cache_list_make(struct cache_list *l, const struct model *m, const struct trend *t,
		    const struct ui *ui);
void cache_list_free(struct cache_list *l);

/* Returns the row of a cache, or NULL. */
const struct row *cache_list_find(const struct cache_list *l, const struct cache_key *key);

/* Returns whether a row is that of the cache. */
bool cache_list_is(const struct row *row, const struct cache_key *key);

/* Selects a row, the last one if there are fewer. */
void cache_list_select(struct ui *ui, const struct cache_list *l, size_t row);

/*
 * Fits the selection to l: the selected cache in its new row, or, if it has gone, the cache in its
 * old row. Returns the row; 0 if there is none.
 */
size_t cache_list_settle(struct ui *ui, const struct cache_list *l);

#endif
