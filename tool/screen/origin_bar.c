// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* origin_bar.c: letters in proportion to the shares of origins, the cheapest first. */
#include "screen/origin_bar.h"

#include <math.h>

#include "screen/cost_scale.h"

bool origin_bar_counts(const struct traffic *t, double origins[ORIGINS])
{
	bool known = false;

	for (int i = 0; i < ORIGINS; i++) {
		known |= (t->known & COUNT_BIT(COUNT_ORIGIN + i)) != 0;
		origins[i] = (double)t->count[COUNT_ORIGIN + i];
	}
	return known;
}

bool origin_bar_draw(struct cells *c, int row, int col, int width, const double *origins,
		     const enum style *plain)
{
	double total = 0, seen = 0;
	int end = col + width;

	for (int i = 0; i < ORIGINS; i++)
		total += origins[i] > 0 ? origins[i] : 0;
	if (!(total > 0))
		return false;
	for (int k = 0; k < ORIGINS && col < end; k++) {
		enum origin i = origin_by_cost[k];
		const char letter[2] = {origin_rows[i].letter, 0};
		int until;

		if (!(origins[i] > 0))
			continue;
		seen += origins[i];
		until = end - width + (int)lrint(seen / total * width);
		if (until <= col)
			until = col + 1;
		while (col < until && col < end)
			col = cells_put(c, row, col, 1,
					plain ? *plain : cost_scale_fill(origin_rows[i].level),
					letter);
	}
	return true;
}
