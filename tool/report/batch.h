/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* batch.h: an interval as plain text: a screen without its keys, as wide as text is. */
#ifndef SLABSCOPE_BATCH_H
#define SLABSCOPE_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "screen/view.h"

/* Initializes ui for text: as wide as text is, without a height. */
void batch_init(struct ui *ui, bool utf8, double interval_s);

/*
 * Returns the screen that v->ui shows as lines of text, the last one blank; NULL without memory.
 * The caller frees them. Caches without events in the interval are counted, not listed. Selects the
 * first cache if none is selected.
 */
char *batch_text(struct view *v, size_t *length);

#endif
