// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screen_sort.c: a menu of the columns that sort. */
#include <stdio.h>

#include "screen/keys.h"
#include "screen/screens.h"
#include "screen/ui_keys.h"

#define MARK  3
#define TITLE 10

/* Returns the nth column that sorts; COLUMNS after the last. */
static int nth(size_t n)
{
	int column = 0;

	for (; column < COLUMNS; column++)
		if (columns[column].sorts && !n--)
			break;
	return column;
}

static size_t last(void)
{
	size_t n = 0;

	while (nth(n + 1) < COLUMNS)
		n++;
	return n;
}

static void put_row(struct cells *c, const struct ui *ui, int row, size_t n)
{
	bool selected = ui->sort_row == n;
	enum style style = selected ? STYLE_SELECTED : STYLE_NORMAL;
	int column = nth(n);

	if (selected)
		cells_style(c, row, 0, c->cols, style);
	cells_put(c, row, 1, 1, style, column == (int)ui->sort ? "*" : " ");
	cells_put(c, row, MARK, TITLE, style, columns[column].title);
	cells_put_cut(c, row, MARK + TITLE, c->cols - MARK - TITLE, style, columns[column].meaning);
}

static void draw(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	struct ui *ui = v->ui;
	size_t room = rows > 1 ? (size_t)rows - 1 : 0, first = 0;

	(void)r;
	if (rows < 2)
		return;
	cells_style(c, top, 0, c->cols, STYLE_HEADING);
	cells_put_cut(c, top, 1, c->cols - 1, STYLE_HEADING,
		      "Sort by: Enter chooses, F6 or Esc goes back");
	if (ui->sort_row >= room)
		first = ui->sort_row - room + 1;
	ui->page = room;
	for (size_t i = 0; i < room && nth(first + i) < COLUMNS; i++) {
		int row = top + 1 + (int)i;

		put_row(c, ui, row, first + i);
		ui_zone(ui, row, 0, c->cols, KEY_CODE_ROW + (int)(first + i));
	}
}

static bool key(struct ui *ui, const struct cache_list *l, int k)
{
	(void)l;
	if (ui->screen != &screen_sort)
		return false;
	if (k >= KEY_CODE_ROW && k <= KEY_CODE_ROW + (int)last())
		ui->sort_row = (size_t)(k - KEY_CODE_ROW);
	else if (k != ' ' && k != KEY_CODE_ENTER)
		return false;
	ui_keys_sort(ui, nth(ui->sort_row));
	ui_show(ui, ui->back);
	return true;
}

static void move(struct ui *ui, long by)
{
	ui_scroll(&ui->sort_row, by);
	if (ui->sort_row > last())
		ui->sort_row = last();
}

const struct screen screen_sort = {
	.name = "sort",
	.title = "Sort",
	.what = "the column to sort by",
	.draw = draw,
	.key = key,
	.move = move,
};
