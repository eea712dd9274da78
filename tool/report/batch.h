/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* batch.h: a round as plain text: the header and the table of a wide screen, without keys. */
#ifndef SLABSCOPE_BATCH_H
#define SLABSCOPE_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "screen/ui.h"

/* Initializes ui for text: as wide as text is, without a height. */
void batch_init(struct ui *ui, bool utf8, double interval_s);

/*
 * Returns ui's screen as lines of text, the last one blank, which the caller frees, or NULL when there
 * is no memory. Caches without events in the round are counted, not listed. w, which may be NULL, is of
 * the cache that ui has selected: it selects the first one.
 */
char *batch_text(const struct model *m, const struct trend *t, struct walk *w, struct ui *ui,
		 size_t *length);

/* Selects in ui whose refills are walked through, and lets w, which may be NULL, have done all steps of the
 * newest one. 0 or -ENOMEM. */
int batch_walk(const struct model *m, const struct trend *t, struct walk *w, struct ui *ui);

#endif
