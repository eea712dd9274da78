/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* batch.h: a round as plain text: the header and the table of a wide screen, without keys. */
#ifndef SLABSCOPE_BATCH_H
#define SLABSCOPE_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"
#include "trend.h"

/* Returns lines of text, the last one blank, which the caller frees, or NULL when there is no memory.
 * Caches without events in the round are counted, not listed. */
char *batch_text(const struct model *m, const struct trend *t, bool utf8, size_t *length);

#endif
