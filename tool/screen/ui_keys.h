/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* ui_keys.h: what keys and clicks do. Keys are characters or enum key. */
#ifndef SLABSCOPE_UI_KEYS_H
#define SLABSCOPE_UI_KEYS_H

#include "screen/cache_list.h"
#include "screen/keys.h"

/* Does what the key does; l is the list as last drawn. */
void ui_key(struct ui *ui, const struct cache_list *l, int key);

/* A click there, as last drawn: selects the row, or does what the key of that zone does. A second
 * click on the selected row drills in. */
void ui_click(struct ui *ui, const struct cache_list *l, int row, int col);

#endif
