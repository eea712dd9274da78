/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* csv.h: a round as comma-separated values: a line a cache, for spreadsheets and data frames. */
#ifndef SLABSCOPE_CSV_H
#define SLABSCOPE_CSV_H

#include <stddef.h>

#include "model/model.h"

/*
 * Returns lines, with those of a heading first where it is wanted; the caller frees them. NULL: no
 * memory. What is not known is empty. Names are those of the JSON schema.
 */
char *csv_text(const struct model *m, bool heading, size_t *length);

#endif
