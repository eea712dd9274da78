// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* list_view.c: what all lists of caches share: scrolling, the selected row, names, the empty list. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "screen/view.h"

#define MARKER	    2
#define NARROW	    60
#define WIDE	    132
#define NAME_NARROW 10
#define NAME_NORMAL 16
#define NAME_WIDE   26
#define SIDE_WIDTH  8

/* Keeps the selected row in the rows rows that are shown, and no row empty that could be filled. */
static void scroll_list(struct ui *ui, size_t nr, size_t selected, size_t rows)
{
	if (!rows)
		return;
	if (ui->table_top > selected)
		ui->table_top = selected;
	if (selected >= ui->table_top + rows)
		ui->table_top = selected - rows + 1;
	if (ui->table_top + rows > nr)
		ui->table_top = nr > rows ? nr - rows : 0;
}

static void put_empty(struct cells *c, const struct view *v, int row)
{
	char text[160];

	if (v->ui->filter[0])
		snprintf(text, sizeof(text), "no cache is called '%s': Esc ends the filter",
			 v->ui->filter);
	else if (v->ui->screen == SCREEN_WALK)
		snprintf(text, sizeof(text),
			 "only the reference shows steps, and no process with libslab is shown");
	else if (v->list->hidden)
		snprintf(text, sizeof(text), "this side has no caches: S shows the other one");
	else
		snprintf(text, sizeof(text), "no caches: no kernel's, and no process with libslab");
	view_put_cut(c, row, MARKER, c->cols - MARKER, STYLE_DIM, text);
}

void view_list(struct cells *c, struct view *v, const struct list_look *look, int top, int rows)
{
	const struct list *l = v->list;
	struct ui *ui = v->ui;

	ui->page = rows > 1 ? (size_t)rows - 1 : 1;
	scroll_list(ui, l->nr, ui_settle(ui, l), ui->page);
	if (rows < 1)
		return;
	look->heading(c, v, top);
	if (!l->nr && rows > 1)
		put_empty(c, v, top + 1);
	ui->list_row = top + 1;
	ui->list_rows = rows - 1;
	for (int i = 1; i < rows; i++) {
		size_t at = ui->table_top + (size_t)i - 1;
		struct cache_key key;

		if (at >= l->nr)
			break;
		key = cache_key_of(l->row[at].side, l->row[at].cache);
		look->row(c, v, top + i, &l->row[at],
			  ui->selected_any && !cache_key_compare(&key, &ui->selected));
	}
}

static int name_width(const struct cells *c)
{
	return c->cols < NARROW ? NAME_NARROW : c->cols < WIDE ? NAME_NORMAL : NAME_WIDE;
}

int view_list_name_end(const struct cells *c)
{
	return MARKER + name_width(c) + (c->cols < NARROW ? 0 : 1 + SIDE_WIDTH);
}

int view_list_name_heading(struct cells *c, int row)
{
	cells_style(c, row, 0, c->cols, STYLE_HEADING);
	cells_put(c, row, MARKER, c->cols, STYLE_HEADING, "CACHE");
	if (c->cols >= NARROW)
		cells_put(c, row, MARKER + name_width(c) + 1, SIDE_WIDTH, STYLE_HEADING, "SIDE");
	return view_list_name_end(c);
}

int view_list_name(struct cells *c, const struct view *v, int row, const struct row *r,
		   bool selected)
{
	enum style style = selected				? STYLE_SELECTED
			   : traffic_active(&r->cache->traffic) ? STYLE_NORMAL
								: STYLE_DIM;
	int col = MARKER + name_width(c);

	(void)v;
	if (selected) {
		cells_style(c, row, 0, c->cols, style);
		cells_put(c, row, 0, 1, style, ">");
	}
	view_put_cut(c, row, MARKER, name_width(c), style, r->cache->name);
	if (c->cols >= NARROW)
		cells_put(c, row, col + 1, SIDE_WIDTH - 1,
			  selected			 ? style
			  : r->side->kind == SIDE_KERNEL ? STYLE_KERNEL
							 : STYLE_REFERENCE,
			  view_side_name(r->side).text);
	return view_list_name_end(c);
}

/* ---- bars of origins -------------------------------------------------------------------- */

bool view_origin_bar(struct cells *c, int row, int col, int width, const double *origins,
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
					plain ? *plain : scale_fill(origin_rows[i].level), letter);
	}
	return true;
}
