// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* batch.c: rounds of plain text, drawn by the views of the screen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "view.h"

#define BATCH_COLS    132
#define ALL_SIDES     20 /* a header for that many rows has everything but the blank line */
#define ROWS_AT_LEAST (ALL_SIDES + 4)

/* Draws the round; *used is how many rows it took. */
static void draw(struct cells *c, struct view *v, int *used)
{
	int row = view_header_rows(v, ALL_SIDES);
	size_t idle = 0;

	view_header(c, v, ALL_SIDES);
	view_table_heading(c, v, row++);
	for (size_t i = 0; i < v->list->nr; i++) {
		if (traffic_active(&v->list->row[i].cache->traffic))
			view_table_row(c, v, row++, &v->list->row[i], false);
		else
			idle++;
	}
	if (idle)
		cells_printf(c, row++, 2, c->cols, STYLE_DIM, "%zu cache%s without events", idle,
			     idle == 1 ? "" : "s");
	*used = row + 1; /* a blank line between rounds */
}

/* The first rows of the grid as lines. */
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

		bad |= !line || fprintf(to, "%s\n", line) < 0;
		free(line);
	}
	bad |= fclose(to) != 0;
	if (bad) {
		free(text);
		return NULL;
	}
	return text;
}

char *batch_text(const struct model *m, const struct trend *t, bool utf8, size_t *length)
{
	struct cells c = {0};
	struct list list;
	struct ui ui;
	struct view v = {m, t, &list, &ui};
	char *text = NULL;
	int rows;

	ui_init(&ui, 0, BATCH_COLS, utf8, m->interval_s);
	if (list_make(&list, m, &ui))
		return NULL;
	rows = ROWS_AT_LEAST + (int)(list.nr < 1000000 ? list.nr : 1000000);
	if (!cells_resize(&c, rows, BATCH_COLS, utf8)) {
		draw(&c, &v, &rows);
		text = lines(&c, rows, length);
	}
	cells_free(&c);
	list_free(&list);
	return text;
}
