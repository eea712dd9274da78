/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* cache_table.h: the table of caches: one a row, with the columns that fit. */
#ifndef SLABSCOPE_CACHE_TABLE_H
#define SLABSCOPE_CACHE_TABLE_H

#include "screen/list_view.h"

extern const struct list_look cache_table_look;

/* Returns the counts, of COUNT_BIT, that the columns show which fit and which are wanted. */
uint32_t cache_table_counts(const struct ui *ui, const struct cache_list *l);

#endif
