/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* json.h: an interval as one JSON object, schema "slabscope.top/1". */
#ifndef SLABSCOPE_JSON_H
#define SLABSCOPE_JSON_H

#include <stddef.h>

#include "screen/view.h"

/* Returns one line with its newline, or NULL without memory. The caller frees it. The screen that v
 * shows adds its keys; v may be NULL. */
char *json_line(const struct model *m, const struct view *v, size_t *length);

#endif
