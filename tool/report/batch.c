// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* batch.c: plain text, drawn by the screens. */
#include "report/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen/header.h"
#include "screen/screens.h"
#include "screen/unfilled.h"
#include "system/output.h"

#define BATCH_COLS 132 /* where the reader sets no width */
#define LEAST_COLS 40
#define MOST_COLS  1000
#define ALL_SIDES  20 /* with that many rows the header has all but the line of screens */
#define FOOTER	   8
#define UNFILLED   7

static bool is_blank(const struct cells *c, int row)
{
	for (int col = 0; col < c->cols; col++)
		if (strcmp(c->cell[(size_t)row * (size_t)c->cols + (size_t)col].text, " "))
			return false;
	return true;
}

/* Draws the screen from row on. Returns the row after it. */
static int draw_screen(struct cells *c, struct view *v, int row)
{
	const struct screen *screen = v->ui->screen;

	if (unfilled_is(screen, v)) {
		unfilled_draw(c, v, row, UNFILLED);
		return row + UNFILLED;
	}
	if (screen->batch)
		return screen->batch(c, v, row);
	if (screen->look)
		return list_view_all(c, v, screen->look, row);
	screen->draw(c, v, row, c->rows - 1 - row, v->list->nr ? v->list->row : NULL);
	return c->rows - 1;
}

/* Draws the interval. Returns its rows. */
static int draw(struct cells *c, struct view *v)
{
	int row = header_rows(v, ALL_SIDES);

	header_draw(c, v, ALL_SIDES);
	row = draw_screen(c, v, row);
	while (row > 0 && is_blank(c, row - 1))
		row--;
	return row + 1; /* a blank line between intervals */
}

/* Returns the first rows of the grid as lines; NULL without memory. */
static char *lines(const struct cells *c, int rows, size_t *length)
{
	FILE *to;
	char *text = NULL;
	bool bad = false;

	to = open_memstream(&text, length);
	if (!to)
		return NULL;
	for (int row = 0; row < rows; row++) {
		char *line = cells_row(c, row);

		bad |= !line || fputs(line, to) < 0 || fputc('\n', to) < 0;
		free(line);
	}
	bad |= fclose(to) != 0;
	if (bad) {
		free(text);
		return NULL;
	}
	return text;
}

void batch_init(struct ui *ui, bool utf8, double interval_s)
{
	int cols = output_columns();

	if (!cols)
		cols = BATCH_COLS;
	cols = cols < LEAST_COLS ? LEAST_COLS : cols > MOST_COLS ? MOST_COLS : cols;
	ui_init(ui, screens_first(false), 0, cols, utf8, interval_s);
	ui->printed = true;
}

char *batch_text(struct view *v, size_t *length)
{
	size_t nr = v->list->nr < 1000000 ? v->list->nr : 1000000;
	int rows = ALL_SIDES + v->ui->screen->batch_rows + FOOTER +
		   (int)nr * (v->model->callers ? 1 + LIST_VIEW_CALLERS : 1);
	struct cells c = {0};
	char *text = NULL;

	v->screens = screens_at;
	v->ui->nr_zones = 0;
	cache_list_settle(v->ui, v->list);
	if (!cells_resize(&c, rows, v->ui->cols, v->ui->utf8)) {
		rows = draw(&c, v);
		text = lines(&c, rows, length);
	}
	cells_free(&c);
	return text;
}
