/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* origin_bar.h: where refills found objects, as a bar of letters. */
#ifndef SLABSCOPE_ORIGIN_BAR_H
#define SLABSCOPE_ORIGIN_BAR_H

#include "model/model.h"
#include "screen/cells.h"

/* Takes the count of each origin from t. Returns whether any of them is known. */
bool origin_bar_counts(const struct traffic *t, double origins[ORIGINS]);

/*
 * Draws the bar: each origin gets letters in proportion to its share, and each that occurred at
 * least one while there is room. With plain the cells get that style, else that of their costs.
 * Returns false, and draws nothing, where there were none.
 */
bool origin_bar_draw(struct cells *c, int row, int col, int width, const double *origins,
		     const enum style *plain);

#endif
