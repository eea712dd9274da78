/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* ui_typing.h: the text of a search or of the filter, as the user types it. */
#ifndef SLABSCOPE_UI_TYPING_H
#define SLABSCOPE_UI_TYPING_H

#include "screen/cache_list.h"

/* Begins to type in a list of caches. */
void ui_typing_start(struct ui *ui, const struct cache_list *l, enum typing what);

/* Acts on a key: adds a character, ends or cancels. */
void ui_typing_key(struct ui *ui, const struct cache_list *l, int key);

#endif
