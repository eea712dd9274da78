// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * view.c: where the parts of the screen stand: header, table, the selected cache by CPU, keys. Each
 * gives way when there is no room, the table last.
 */
#include <string.h>

#include "view.h"

#define SMALLEST_PANE	2
#define ROOM_FOR_A_PANE 5 /* rows below the header, without headings and keys */

/* Rows of the pane under a table; available is for both, headings included. */
static int pane_rows(const struct row *selected, int available)
{
	int wanted = view_cpus_rows(selected), most = available / 2;

	if (available < ROOM_FOR_A_PANE || !selected)
		return 0;
	if (wanted > most)
		wanted = most;
	return wanted < SMALLEST_PANE ? SMALLEST_PANE : wanted;
}

/* Keeps the selected row in the rows rows that are shown, and no row empty that could be filled. */
static void scroll_table(struct ui *ui, size_t nr, size_t selected, size_t rows)
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

static void draw_table_and_pane(struct cells *c, struct view *v, int top, int available)
{
	size_t selected = ui_settle(v->ui, v->list);
	const struct row *row = v->list->nr ? &v->list->row[selected] : NULL;
	int pane = pane_rows(row, available), table = available - pane;

	if (v->ui->screen == SCREEN_CPUS) {
		v->ui->page = available > 1 ? (size_t)available - 1 : 1;
		view_cpus(c, v, top, available, row);
		return;
	}
	v->ui->page = table > 1 ? (size_t)table - 1 : 1;
	scroll_table(v->ui, v->list->nr, selected, v->ui->page);
	view_table(c, v, top, table);
	if (pane) {
		size_t cpus_top = v->ui->cpus_top;

		v->ui->cpus_top = 0;
		view_cpus(c, v, top + table, pane, row);
		v->ui->cpus_top = cpus_top;
	}
}

int view_draw(struct cells *c, struct view *v)
{
	int err = cells_resize(c, v->ui->rows, v->ui->cols, v->ui->utf8), top;

	if (err)
		return err;
	if (v->ui->screen == SCREEN_HELP) {
		view_help(c, v, 0, c->rows - 1);
	} else {
		top = view_header_rows(v, c->rows);
		view_header(c, v, c->rows);
		draw_table_and_pane(c, v, top, c->rows - 1 - top);
	}
	view_keys(c, v, c->rows - 1);
	return 0;
}

/* ---- what parts share ----------------------------------------------------------------- */

int view_put_cut(struct cells *c, int row, int col, int width, enum style style, const char *text)
{
	if (width > c->cols - col)
		width = c->cols - col;
	if (width <= 0)
		return col;
	if (cells_width(text) <= width)
		return cells_put(c, row, col, width, style, text);
	col = cells_put(c, row, col, width - 1, style, text);
	return cells_put(c, row, col, 1, style, c->utf8 ? "…" : "~");
}

enum style view_hit_style(double hit_rate)
{
	if (!(hit_rate >= 0))
		return STYLE_NORMAL;
	return hit_rate >= 0.95 ? STYLE_GOOD : hit_rate >= 0.8 ? STYLE_WARN : STYLE_BAD;
}

enum style view_unit_style(const struct unit *u, enum style style)
{
	return !strcmp(u->text, "n/a") || !strcmp(u->text, "-") ? STYLE_DIM : style;
}
