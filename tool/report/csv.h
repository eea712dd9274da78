/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* csv.h: an interval as comma-separated values: a line a cache, for spreadsheets and data
 * frames. */
#ifndef SLABSCOPE_CSV_H
#define SLABSCOPE_CSV_H

#include <stddef.h>

#include "model/model.h"

/*
 * Returns lines, with a heading first if heading is true; NULL without memory. The caller frees
 * them. Unknown values are empty. Names are those of the JSON schema.
 */
char *csv_text(const struct model *m, bool heading, size_t *length);

#endif
