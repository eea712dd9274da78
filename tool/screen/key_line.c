// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* key_line.c: the keys that fit, by rank; or the text that the user types. */
#include "screen/key_line.h"

#include <stdio.h>
#include <string.h>

#include "screen/keys.h"

static const struct {
	const char *key, *text;
	int code, rank; /* the lower, the longer it is shown */
} keys[] = {
	{"F1", "Help", KEY_CODE_F1, 1},	      {"F2", "Setup", KEY_CODE_F1 + 1, 9},
	{"F3", "Search", KEY_CODE_F1 + 2, 4}, {"F4", "Filter", KEY_CODE_F1 + 3, 5},
	{"F5", "Screen", KEY_CODE_F1 + 4, 2}, {"F6", "Sort", KEY_CODE_F1 + 5, 3},
	{"F9", "Side", KEY_CODE_F1 + 8, 8},   {"Enter", "CPUs", KEY_CODE_ENTER, 6},
	{"Space", "Pause", ' ', 7},	      {"+-", "Interval", '+', 10},
	{"F10", "Quit", KEY_CODE_F10, 0},
};
#define KEYS (int)(sizeof(keys) / sizeof(*keys))

static int key_width(int i)
{
	return (int)(strlen(keys[i].key) + strlen(keys[i].text)) + 1;
}

static void put_typing(struct cells *c, const struct ui *ui, int row)
{
	bool search = ui->typing == TYPING_SEARCH;
	int col;

	col = cells_put(c, row, 0, c->cols, STYLE_KEY, search ? "Search: " : "Filter: ");
	col = cells_put(c, row, col, c->cols, STYLE_NORMAL, search ? ui->search : ui->filter);
	col = cells_put(c, row, col, 1, STYLE_SELECTED, " ");
	cells_put(c, row, col, c->cols, STYLE_DIM,
		  search ? "  Enter ends, F3 next, Esc cancels" : "  Enter keeps, Esc shows all");
}

/* Draws side and filter, which hide rows, and whether a cache is followed, before the keys. */
static int put_hiding(struct cells *c, const struct ui *ui, int row)
{
	char text[UI_TEXT + 48];

	if (!ui->filter[0] && ui->side == SHOW_ALL && !ui->follow && !ui->busy)
		return 0;
	snprintf(text, sizeof(text), "%s%s%s%s%s ", ui->busy ? "busy only " : "",
		 ui->side == SHOW_KERNEL      ? "kernel only "
		 : ui->side == SHOW_REFERENCE ? "reference only "
					      : "",
		 ui->filter[0] ? "filter " : "", ui->filter,
		 !ui->follow	 ? ""
		 : ui->filter[0] ? " following"
				 : "following");
	return cells_put(c, row, 0, c->cols, STYLE_WARN, text);
}

void key_line_draw(struct cells *c, const struct view *v, int row)
{
	int last = KEYS, col, width;

	if (v->ui->typing != TYPING_NOTHING) {
		put_typing(c, v->ui, row);
		return;
	}
	col = put_hiding(c, v->ui, row);
	do { /* leave out keys by rank until the line fits */
		last--;
		width = 0;
		for (int i = 0; i < KEYS; i++)
			if (keys[i].rank <= last)
				width += key_width(i);
	} while (last > 0 && col + width - 1 > c->cols);
	for (int i = 0; i < KEYS; i++) {
		if (keys[i].rank > last)
			continue;
		ui_zone(v->ui, row, col, key_width(i) - 1, keys[i].code);
		col = cells_put(c, row, col, c->cols, STYLE_KEY, keys[i].key);
		col = cells_put(c, row, col, c->cols, STYLE_KEY_TEXT, keys[i].text) + 1;
	}
}
