// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screen_setup.c: which columns are wanted, and whether colours are. */
#include <stdio.h>

#include "screen/view.h"

#define BOX   6
#define TITLE 10

static void put_row(struct cells *c, const struct view *v, int row, int i)
{
	bool selected = v->ui->setup_row == (size_t)i;
	enum style style = selected ? STYLE_SELECTED : STYLE_NORMAL;
	bool on = i == UI_SETUP_COLOURS ? !v->ui->no_colour : !(v->ui->hidden & COLUMN_BIT(i));

	if (selected)
		cells_style(c, row, 0, c->cols, style);
	cells_printf(c, row, 1, BOX, style, "[%c]", on ? 'x' : ' ');
	cells_put(c, row, BOX, TITLE, style, i == UI_SETUP_COLOURS ? "colours" : columns[i].title);
	view_put_cut(c, row, BOX + TITLE, c->cols - BOX - TITLE, style,
		     i == UI_SETUP_COLOURS ? "the scale of costs in colours" : columns[i].meaning);
}

void view_setup(struct cells *c, struct view *v, int top, int rows)
{
	struct ui *ui = v->ui;
	int room = rows - 1, first = 0;

	if (rows < 2)
		return;
	cells_style(c, top, 0, c->cols, STYLE_HEADING);
	view_put_cut(
		c, top, 1, c->cols - 1, STYLE_HEADING,
		"Settings: Enter or Space changes, w writes them to the file, F2 or Esc goes back");
	if ((int)ui->setup_row >= room)
		first = (int)ui->setup_row - room + 1;
	ui->page = (size_t)room;
	ui->table_top = (size_t)first;
	ui->list_row = top + 1;
	ui->list_rows = room;
	for (int i = 0; i < room && first + i < UI_SETUP_ROWS; i++)
		put_row(c, v, top + 1 + i, first + i);
}
