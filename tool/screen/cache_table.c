// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* cache_table.c: headings, numbers and bars of the table of caches. */
#include "screen/cache_table.h"

#include <math.h>

#include "screen/cost_scale.h"
#include "screen/keys.h"
#include "screen/origin_bar.h"
#include "screen/values.h"

#define MARKER 2

/* ---- heading -------------------------------------------------------------------------- */

/* Printed text cuts no name. */
static struct column_widths widths(const struct cells *c, const struct view *v)
{
	return columns_choose(c->cols, v->ui->printed ? v->list->longest : 0, v->ui->sort,
			      v->ui->hidden | v->list->unfilled);
}

uint32_t cache_table_counts(const struct ui *ui, const struct cache_list *l)
{
	/* A column that is not counted yet cannot be filled. */
	uint32_t unfilled = l->unfilled & ~COLUMN_BIT(COLUMN_FREES);
	struct column_widths w = columns_choose(ui->cols, ui->printed ? l->longest : 0, ui->sort,
						ui->hidden | unfilled);

	return w.of[COLUMN_FREES] ? COUNT_BIT(COUNT_FREES) : 0;
}

static void heading(struct cells *c, const struct view *v, int row)
{
	struct column_widths w = widths(c, v);
	int col = MARKER;

	cells_style(c, row, 0, c->cols, STYLE_HEADING);
	for (int i = 0; i < COLUMNS; i++) {
		enum style style = i == (int)v->ui->sort ? STYLE_SORTED : STYLE_HEADING;

		if (!w.of[i])
			continue;
		if (i == COLUMN_CACHE || i == COLUMN_SIDE || i == COLUMN_ORIGIN ||
		    i == COLUMN_TREND)
			cells_put(c, row, col + (i != COLUMN_CACHE), w.of[i], style,
				  columns[i].title);
		else
			cells_put_right(c, row, col, w.of[i], style, columns[i].title);
		if (columns[i].sorts)
			ui_zone(v->ui, row, col, w.of[i], KEY_CODE_SORT + i);
		col += w.of[i];
	}
}

/* ---- bars ----------------------------------------------------------------------------- */

/* Draws where the refills of the interval found objects. */
static void origin_bar(struct cells *c, int row, int col, int width, const struct traffic *t,
		       enum style style)
{
	double origins[ORIGINS];
	bool known = origin_bar_counts(t, origins);

	if (!origin_bar_draw(c, row, col, width, origins, style == STYLE_SELECTED ? &style : NULL))
		cells_put(c, row, col, width, style == STYLE_SELECTED ? style : STYLE_DIM,
			  known ? "-" : "n/a");
}

/* Draws the last intervals, the newest at the right, on their own scale. */
static void trend_bar(struct cells *c, int row, int col, int width, const struct trend_cache *t,
		      enum style style)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
	const char *const *signs = c->utf8 ? blocks : ascii;
	double most = 0;
	int first;

	if (!t)
		return;
	first = t->nr > width ? t->nr - width : 0;
	for (int i = first; i < t->nr; i++)
		most = fmax(most, t->round[i].allocs);
	col += width - (t->nr - first);
	for (int i = first; i < t->nr; i++) {
		double rate = t->round[i].allocs;
		int level = most > 0 && rate > 0 ? (int)(rate / most * 7.999) : 0;

		col = cells_put(c, row, col, 1, style, signs[level]);
	}
}

/* ---- rows ----------------------------------------------------------------------------- */

static enum style cell_style(int column, const struct row *r, enum style base)
{
	if (column == COLUMN_HIT)
		return cost_scale_text(cost_scale_hit(r->cache->traffic.hit_rate));
	if (column == COLUMN_P50 && r->cache->traffic.refill_ns.count)
		return cost_scale_text(cost_scale_time(r->cache->traffic.refill_ns.p50));
	if (column == COLUMN_P99 && r->cache->traffic.refill_ns.count)
		return cost_scale_text(cost_scale_time(r->cache->traffic.refill_ns.p99));
	if (column == COLUMN_SIDE)
		return r->side->kind == SIDE_KERNEL ? STYLE_KERNEL : STYLE_REFERENCE;
	return base;
}

static void put_number(struct cells *c, const struct view *v, int row, int col, int width, int i,
		       const struct row *r, enum style style)
{
	struct unit u = columns_text(i, r, v->model->interval_s, c->utf8);

	if (style != STYLE_SELECTED)
		style = values_style(&u, style);
	cells_put_right(c, row, col, width, style, u.text);
}

static void table_row(struct cells *c, const struct view *v, int row, const struct row *r,
		      bool selected)
{
	struct column_widths w = widths(c, v);
	enum style base = traffic_active(&r->cache->traffic) ? STYLE_NORMAL : STYLE_DIM;
	int col = MARKER;

	if (selected) {
		base = STYLE_SELECTED;
		cells_style(c, row, 0, c->cols, base);
		cells_put(c, row, 0, 1, base, ">");
	}
	for (int i = 0; i < COLUMNS; col += w.of[i++]) {
		enum style style = selected ? base : cell_style(i, r, base);

		if (!w.of[i])
			continue;
		if (i == COLUMN_CACHE)
			cells_put_cut(c, row, col, w.of[i], style, r->cache->name);
		else if (i == COLUMN_SIDE)
			cells_put(c, row, col + 1, w.of[i] - 1, style,
				  r->side->kind == SIDE_KERNEL ? "kern"
				  : r->side->gone	       ? "end"
							       : "ref");
		else if (i == COLUMN_ORIGIN)
			origin_bar(c, row, col + 1, w.of[i] - 1, &r->cache->traffic, style);
		else if (i == COLUMN_TREND)
			trend_bar(c, row, col + 1, w.of[i] - 1, r->trend, style);
		else
			put_number(c, v, row, col, w.of[i], i, r, style);
	}
}

const struct list_look cache_table_look = {.heading = heading, .row = table_row};
