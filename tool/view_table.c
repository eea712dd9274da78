// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* view_table.c: the table of caches, one a row. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "view.h"

#define MARKER 2

/* ---- heading -------------------------------------------------------------------------- */

void view_table_heading(struct cells *c, const struct view *v, int row)
{
	struct column_widths w = columns_choose(c->cols, v->ui->sort);
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
		col += w.of[i];
	}
}

/* ---- bars ----------------------------------------------------------------------------- */

/*
 * Where the refills of the round found objects: each origin gets letters in proportion, and every
 * one that occurred at least one while there is room.
 */
static void origin_bar(struct cells *c, int row, int col, int width, const struct traffic *t,
		       enum style style)
{
	uint64_t total = 0, seen = 0;
	bool known = false;
	int end = col + width;
	double passed = 0;

	for (int i = 0; i < ORIGINS; i++) {
		known |= (t->known & COUNT_BIT(COUNT_ORIGIN + i)) != 0;
		total += t->count[COUNT_ORIGIN + i];
	}
	if (!total) {
		cells_put(c, row, col, width, STYLE_DIM, known ? "-" : "n/a");
		return;
	}
	for (int i = 0; i < ORIGINS && col < end; i++) {
		const char letter[2] = {ORIGIN_LETTERS[i], 0};
		int until;

		if (!t->count[COUNT_ORIGIN + i])
			continue;
		seen += t->count[COUNT_ORIGIN + i];
		passed = (double)seen / (double)total;
		until = end - width + (int)lrint(passed * width);
		if (until <= col)
			until = col + 1;
		while (col < until && col < end)
			col = cells_put(c, row, col, 1, style, letter);
	}
}

/* The last rounds, the newest at the right, on a scale of their own. */
static void trend_bar(struct cells *c, int row, int col, int width, const struct trend_cache *t,
		      enum style style)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
	const char *const *glyphs = c->utf8 ? blocks : ascii;
	double most = 0;
	int first;

	if (!t)
		return;
	first = t->nr > width ? t->nr - width : 0;
	for (int i = first; i < t->nr; i++)
		most = fmax(most, t->rate[i]);
	col += width - (t->nr - first);
	for (int i = first; i < t->nr; i++) {
		int level = most > 0 ? (int)(t->rate[i] / most * 7.999) : 0;

		col = cells_put(c, row, col, 1, style, glyphs[level]);
	}
}

/* ---- rows ----------------------------------------------------------------------------- */

static enum style cell_style(int column, const struct row *r, enum style base)
{
	if (column == COLUMN_HIT)
		return view_hit_style(r->cache->traffic.hit_rate);
	if (column == COLUMN_SIDE)
		return r->side->kind == SIDE_KERNEL ? STYLE_KERNEL : STYLE_REFERENCE;
	return base;
}

static void put_number(struct cells *c, const struct view *v, int row, int col, int width, int i,
		       const struct row *r, enum style style)
{
	struct unit u = column_text(i, r, v->model->interval_s, c->utf8);

	if (style != STYLE_SELECTED)
		style = view_unit_style(&u, style);
	cells_put_right(c, row, col, width, style, u.text);
}

static void put_trend(struct cells *c, const struct view *v, int row, int col, int width,
		      const struct row *r, enum style style)
{
	struct cache_key key = cache_key_of(r->side, r->cache);

	trend_bar(c, row, col, width, v->trend ? trend_find(v->trend, &key) : NULL, style);
}

void view_table_row(struct cells *c, const struct view *v, int row, const struct row *r,
		    bool selected)
{
	struct column_widths w = columns_choose(c->cols, v->ui->sort);
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
			view_put_cut(c, row, col, w.of[i], style, r->cache->name);
		else if (i == COLUMN_SIDE)
			cells_put(c, row, col + 1, w.of[i] - 1, style,
				  r->side->kind == SIDE_KERNEL ? "kern"
				  : r->side->gone	       ? "end"
							       : "ref");
		else if (i == COLUMN_ORIGIN)
			origin_bar(c, row, col + 1, w.of[i] - 1, &r->cache->traffic, style);
		else if (i == COLUMN_TREND)
			put_trend(c, v, row, col + 1, w.of[i] - 1, r, style);
		else
			put_number(c, v, row, col, w.of[i], i, r, style);
	}
}

static void put_empty(struct cells *c, const struct view *v, int row)
{
	char text[160];

	if (v->ui->filter[0])
		snprintf(text, sizeof(text), "no cache is called '%s': Esc ends the filter",
			 v->ui->filter);
	else if (v->list->hidden)
		snprintf(text, sizeof(text), "this side has no caches: Tab shows the other one");
	else
		snprintf(text, sizeof(text), "no caches: no kernel's, and no process with libslab");
	view_put_cut(c, row, MARKER, c->cols - MARKER, STYLE_DIM, text);
}

void view_table(struct cells *c, const struct view *v, int top, int rows)
{
	const struct list *l = v->list;

	if (rows < 1)
		return;
	view_table_heading(c, v, top);
	if (!l->nr && rows > 1)
		put_empty(c, v, top + 1);
	for (int i = 1; i < rows; i++) {
		size_t at = v->ui->table_top + (size_t)i - 1;
		struct cache_key key;

		if (at >= l->nr)
			break;
		key = cache_key_of(l->row[at].side, l->row[at].cache);
		view_table_row(c, v, top + i, &l->row[at],
			       v->ui->selected_any && !cache_key_compare(&key, &v->ui->selected));
	}
}
