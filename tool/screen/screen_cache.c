// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screen_cache.c: all CPUs of the selected cache. */
#include "screen/cpu_table.h"
#include "screen/screens.h"

static void draw(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	v->ui->page = rows > 1 ? (size_t)rows - 1 : 1;
	cpu_table_draw(c, v, top, rows, r, false);
}

static void move(struct ui *ui, long by)
{
	ui_scroll(&ui->cpus_top, by);
}

static uint32_t counts(const struct ui *ui, const struct cache_list *l)
{
	(void)ui;
	(void)l;
	return COUNT_BIT(COUNT_FLUSHES);
}

const struct screen screen_cache = {
	.name = "cache",
	.title = "Cache",
	.what = "all CPUs of one cache",
	.counts = counts,
	.draw = draw,
	.move = move,
};
