/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* caller_lines.h: a caller of a cache as text: its share, its process and its stack. */
#ifndef SLABSCOPE_CALLER_LINES_H
#define SLABSCOPE_CALLER_LINES_H

#include "model/model.h"
#include "screen/cells.h"

/* Draws a caller on as many rows as it takes, end excluded. Returns the row after it. */
int caller_lines_put(struct cells *c, const struct model *m, int row, int end,
		     const struct model_caller *caller);

/* Draws it on one row, cut. Returns the row after it. */
int caller_lines_one(struct cells *c, const struct model *m, int row,
		     const struct model_caller *caller);

#endif
