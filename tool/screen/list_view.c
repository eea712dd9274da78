// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* list_view.c: scrolling, the selected row, names, and the empty list. */
#include "screen/list_view.h"

#include <stdio.h>

#include "screen/caller_lines.h"
#include "screen/values.h"

#define MARKER	    2
#define NARROW	    60
#define WIDE	    132
#define NAME_NARROW 10
#define NAME_NORMAL 16
#define NAME_WIDE   26
#define SIDE_WIDTH  8

/* Scrolls so that the selected row is visible, and no row stays empty without need. */
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

void list_view_no_caches(const struct model *m, char *text, size_t size)
{
	const struct snap_missing *first = m->missing;

	for (size_t i = 0; i < m->nr_missing; i++)
		if (first->remedy[0] == 0)
			first = &m->missing[i];
	if (first && first->remedy[0])
		snprintf(text, size, "no caches; %s: %s", first->remedy, first->why);
	else if (first)
		snprintf(text, size, "no caches: %s", first->why);
	else
		snprintf(text, size, "no caches: neither a kernel nor a process with libslab");
}

static void put_empty(struct cells *c, const struct view *v, const struct list_look *look, int row)
{
	char text[448];

	if (v->ui->filter[0])
		snprintf(text, sizeof(text), "no cache name contains '%s': Esc ends the filter",
			 v->ui->filter);
	else if (look->empty)
		snprintf(text, sizeof(text), "%s", look->empty);
	else if (v->list->hidden)
		snprintf(text, sizeof(text),
			 "all caches are hidden: S shows other sides, i idle caches");
	else
		list_view_no_caches(v->model, text, sizeof(text));
	cells_put_cut(c, row, MARKER, c->cols - MARKER, STYLE_DIM, text);
}

void list_view(struct cells *c, struct view *v, const struct list_look *look, int top, int rows)
{
	const struct cache_list *l = v->list;
	struct ui *ui = v->ui;

	ui->page = rows > 1 ? (size_t)rows - 1 : 1;
	scroll_list(ui, l->nr, cache_list_settle(ui, l), ui->page);
	if (rows < 1)
		return;
	look->heading(c, v, top);
	if (!l->nr && rows > 1)
		put_empty(c, v, look, top + 1);
	ui->list_row = top + 1;
	ui->list_rows = rows - 1;
	for (int i = 1; i < rows; i++) {
		size_t at = ui->table_top + (size_t)i - 1;

		if (at >= l->nr)
			break;
		look->row(c, v, top + i, &l->row[at],
			  ui->selected_any && cache_list_is(&l->row[at], &ui->selected));
	}
}

int list_view_all(struct cells *c, struct view *v, const struct list_look *look, int row)
{
	size_t idle = 0;

	if (!v->list->nr) {
		put_empty(c, v, look, row++);
		return row;
	}
	look->heading(c, v, row++);
	for (size_t i = 0; i < v->list->nr; i++) {
		const struct model_cache *cache = v->list->row[i].cache;

		if (traffic_idle(&cache->traffic)) {
			idle++;
			continue;
		}
		look->row(c, v, row++, &v->list->row[i], false);
		for (size_t j = 0; j < cache->nr_callers && j < LIST_VIEW_CALLERS; j++)
			row = caller_lines_one(c, v->model, row, &cache->caller[j]);
	}
	if (idle)
		cells_printf(c, row++, 2, c->cols, STYLE_DIM, "%zu cache%s without events", idle,
			     idle == 1 ? "" : "s");
	return row;
}

void list_view_and_pane(struct cells *c, struct view *v, const struct list_look *look,
			list_view_pane *pane, int top, int rows, const struct row *selected)
{
	int large = rows < LIST_VIEW_WITH_PANE || !selected ? 0 : rows * 6 / 10;

	list_view(c, v, look, top, rows - large);
	if (large)
		pane(c, v, top + rows - large, large, selected);
}

int list_view_all_and_pane(struct cells *c, struct view *v, const struct list_look *look,
			   list_view_pane *pane, int row)
{
	row = list_view_all(c, v, look, row);
	if (!v->list->nr)
		return row;
	pane(c, v, row, LIST_VIEW_PANE_ROWS, v->list->row);
	return row + LIST_VIEW_PANE_ROWS;
}

/* ---- the beginning of most rows -------------------------------------------------------- */

static int name_width(const struct cells *c, const struct view *v)
{
	if (v->ui->printed)
		return v->list->longest > NAME_NORMAL ? v->list->longest : NAME_NORMAL;
	return c->cols < NARROW ? NAME_NARROW : c->cols < WIDE ? NAME_NORMAL : NAME_WIDE;
}

/* The column is for more than one side. */
static bool has_side(const struct cells *c, const struct view *v)
{
	return c->cols >= NARROW && !(v->list->unfilled & COLUMN_BIT(COLUMN_SIDE));
}

int list_view_name_end(const struct cells *c, const struct view *v)
{
	return MARKER + name_width(c, v) + (has_side(c, v) ? 1 + SIDE_WIDTH : 0);
}

int list_view_name_heading(struct cells *c, const struct view *v, int row)
{
	cells_style(c, row, 0, c->cols, STYLE_HEADING);
	cells_put(c, row, MARKER, c->cols, STYLE_HEADING, "CACHE");
	if (has_side(c, v))
		cells_put(c, row, MARKER + name_width(c, v) + 1, SIDE_WIDTH, STYLE_HEADING, "SIDE");
	return list_view_name_end(c, v);
}

int list_view_name(struct cells *c, const struct view *v, int row, const struct row *r,
		   bool selected)
{
	enum style style = selected				? STYLE_SELECTED
			   : traffic_active(&r->cache->traffic) ? STYLE_NORMAL
								: STYLE_DIM;
	int col = MARKER + name_width(c, v);

	if (selected) {
		cells_style(c, row, 0, c->cols, style);
		cells_put(c, row, 0, 1, style, ">");
	}
	cells_put_cut(c, row, MARKER, name_width(c, v), style, r->cache->name);
	if (has_side(c, v))
		cells_put(c, row, col + 1, SIDE_WIDTH - 1,
			  selected			 ? style
			  : r->side->kind == SIDE_KERNEL ? STYLE_KERNEL
							 : STYLE_REFERENCE,
			  values_side(r->side).text);
	return list_view_name_end(c, v);
}
