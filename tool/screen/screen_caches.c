// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screen_caches.c: the table of caches, and the selected cache by CPU under it. */
#include "screen/cache_table.h"
#include "screen/cpu_table.h"
#include "screen/screens.h"

#define SMALLEST_PANE 2

/* Returns the rows of the pane; rows is for list and pane, headings included. */
static int pane_rows(const struct row *selected, int rows)
{
	int wanted = cpu_table_rows(selected), most = rows / 2;

	if (rows < LIST_VIEW_WITH_PANE || !selected)
		return 0;
	if (wanted > most)
		wanted = most;
	return wanted < SMALLEST_PANE ? SMALLEST_PANE : wanted;
}

static void draw(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	int pane = pane_rows(r, rows);

	list_view(c, v, &cache_table_look, top, rows - pane);
	if (pane)
		cpu_table_draw(c, v, top + rows - pane, pane, r, true);
}

/* The pane has flushes. */
static uint32_t counts(const struct ui *ui, const struct cache_list *l)
{
	return cache_table_counts(ui, l) | (ui->printed ? 0 : COUNT_BIT(COUNT_FLUSHES));
}

const struct screen screen_caches = {
	.name = "caches",
	.title = "Caches",
	.what = "which cache misses, and what that costs",
	.letter = 'C',
	.live = true,
	.compared = true,
	.counts = counts,
	.look = &cache_table_look,
	.draw = draw,
};
