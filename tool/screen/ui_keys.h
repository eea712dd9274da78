/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* ui_keys.h: acts on keys and clicks. Keys are characters or enum key. */
#ifndef SLABSCOPE_UI_KEYS_H
#define SLABSCOPE_UI_KEYS_H

#include "screen/cache_list.h"
#include "screen/keys.h"

/* Acts on a key; l is the list as last drawn. */
void ui_key(struct ui *ui, const struct cache_list *l, int key);

/* Acts on a click: selects the row there, or acts on the key of the zone, as last drawn. A click on
 * the selected row opens its CPUs. */
void ui_click(struct ui *ui, const struct cache_list *l, int row, int col);

/* Sorts by a column, not inverted if it is another one. */
void ui_keys_sort(struct ui *ui, enum column column);

#endif
