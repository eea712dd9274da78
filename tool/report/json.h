/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* json.h: a round as one JSON object, schema "slabscope.top/1". */
#ifndef SLABSCOPE_JSON_H
#define SLABSCOPE_JSON_H

#include <stddef.h>

#include "model/refill_walk.h"

/* Returns one line with its newline, which the caller frees, or NULL when there is no memory. w: the refill
 * that is shown step by step is told too; NULL: it is not. */
char *json_line(const struct model *m, const struct walk *w, size_t *length);

#endif
