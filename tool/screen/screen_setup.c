// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screen_setup.c: chooses the columns, and whether there are colours. */
#include <stdio.h>

#include "screen/keys.h"
#include "screen/screens.h"

#define BOX   6
#define TITLE 10

/* Rows of the screen: the columns, then the colours. */
#define COLOURS COLUMNS
#define ROWS	(COLUMNS + 1)

static void put_row(struct cells *c, const struct ui *ui, int row, int i)
{
	bool selected = ui->setup_row == (size_t)i;
	enum style style = selected ? STYLE_SELECTED : STYLE_NORMAL;
	bool on = i == COLOURS ? !ui->no_colour : !(ui->hidden & COLUMN_BIT(i));

	if (selected)
		cells_style(c, row, 0, c->cols, style);
	cells_printf(c, row, 1, BOX, style, "[%c]", on ? 'x' : ' ');
	cells_put(c, row, BOX, TITLE, style, i == COLOURS ? "colours" : columns[i].title);
	cells_put_cut(c, row, BOX + TITLE, c->cols - BOX - TITLE, style,
		      i == COLOURS ? "the scale of costs in colours" : columns[i].meaning);
}

static void draw(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	struct ui *ui = v->ui;
	int room = rows - 1, first = 0;

	(void)r;
	if (rows < 2)
		return;
	cells_style(c, top, 0, c->cols, STYLE_HEADING);
	cells_put_cut(
		c, top, 1, c->cols - 1, STYLE_HEADING,
		"Settings: Enter or Space changes, w writes them to the file, F2 or Esc goes back");
	if ((int)ui->setup_row >= room)
		first = (int)ui->setup_row - room + 1;
	ui->page = (size_t)room;
	for (int i = 0; i < room && first + i < ROWS; i++) {
		put_row(c, ui, top + 1 + i, first + i);
		ui_zone(ui, top + 1 + i, 0, c->cols, KEY_CODE_ROW + first + i);
	}
}

static void change(struct ui *ui)
{
	if (ui->setup_row == COLOURS)
		ui->no_colour = !ui->no_colour;
	else if (ui->setup_row == COLUMN_CACHE)
		snprintf(ui->message, sizeof(ui->message), "the name is always shown");
	else
		ui->hidden ^= COLUMN_BIT(ui->setup_row);
}

static bool key(struct ui *ui, const struct cache_list *l, int k)
{
	(void)l;
	if (ui->screen != &screen_setup)
		return false;
	if (k >= KEY_CODE_ROW && k < KEY_CODE_ROW + ROWS)
		ui->setup_row = (size_t)(k - KEY_CODE_ROW);
	else if (k != ' ' && k != KEY_CODE_ENTER)
		return false;
	change(ui);
	return true;
}

static void move(struct ui *ui, long by)
{
	ui_scroll(&ui->setup_row, by);
	if (ui->setup_row >= ROWS)
		ui->setup_row = ROWS - 1;
}

const struct screen screen_setup = {
	.name = "setup",
	.title = "Setup",
	.what = "columns and colours",
	.draw = draw,
	.key = key,
	.move = move,
};
