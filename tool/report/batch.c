// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* batch.c: rounds of plain text, drawn by the views of the screen. */
#include "report/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen/view.h"

#define BATCH_COLS    132
#define ALL_SIDES     20 /* a header for that many rows has everything but the line of screens */
#define PANE	      24
#define DOCTOR	      400
#define CALLERS_SHOWN 4 /* of a cache */
#define FOOTER	      8

/* The caches that had events, one a row, and how many had none. Returns the row after them. */
static int draw_list(struct cells *c, struct view *v, const struct list_look *look, int row)
{
	size_t idle = 0;

	look->heading(c, v, row++);
	for (size_t i = 0; i < v->list->nr; i++) {
		const struct model_cache *cache = v->list->row[i].cache;

		if (!traffic_active(&cache->traffic)) {
			idle++;
			continue;
		}
		look->row(c, v, row++, &v->list->row[i], false);
		for (size_t j = 0; j < cache->nr_callers && j < CALLERS_SHOWN; j++)
			row = view_callers_line(c, v, row, &cache->caller[j]);
	}
	if (idle)
		cells_printf(c, row++, 2, c->cols, STYLE_DIM, "%zu cache%s without events", idle,
			     idle == 1 ? "" : "s");
	return row;
}

static void walk_all(struct walk *w, const struct model *m)
{
	const struct walk_wish all = {.newest = true, .by = WALK_STEPS};

	refill_walk_replay(w, &all, m->wall);
}

/* All steps of the newest refill of the cache that is watched. Returns the row after them. */
static int draw_walk(struct cells *c, struct view *v, int row, const struct row *first)
{
	const struct row *watched = v->walk ? list_find(v->list, &v->walk->key) : NULL;
	int rows = 2;

	if (v->walk)
		walk_all(v->walk, v->model);
	v->walk_room = malloc(sizeof(*v->walk_room));
	if (v->walk && v->walk->shown.nr) /* heading, lists, footer */
		rows = (int)v->walk->shown.nr + 6;
	view_walk(c, v, row, rows, watched ? watched : first);
	free(v->walk_room);
	v->walk_room = NULL;
	return row + rows;
}

static int draw_screen(struct cells *c, struct view *v, int row)
{
	const struct row *first = v->list->nr ? v->list->row : NULL;

	switch (v->ui->screen) {
	case SCREEN_CPUS:
		v->map = view_map_make(c, v);
		if (v->map) {
			row = draw_list(c, v, &map_look, row);
			view_map_free(v->map);
		}
		return row;
	case SCREEN_LATENCY:
		row = draw_list(c, v, &latency_look, row);
		view_latency(c, v, row, PANE, first);
		return row + (first ? PANE : 0);
	case SCREEN_ORIGINS:
		row = draw_list(c, v, &origins_look, row);
		view_origins(c, v, row, PANE, first);
		return row + (first ? PANE : 0);
	case SCREEN_CALLERS: /* each cache's stand under it */
		return draw_list(c, v, &table_look, row);
	case SCREEN_WALK:
		row = draw_list(c, v, &walk_look, row);
		return draw_walk(c, v, row, first);
	case SCREEN_DOCTOR:
		view_doctor(c, v, row, DOCTOR);
		return row + DOCTOR;
	default:
		return draw_list(c, v, &table_look, row);
	}
}

static bool is_blank(const struct cells *c, int row)
{
	for (int col = 0; col < c->cols; col++)
		if (strcmp(c->cell[(size_t)row * (size_t)c->cols + (size_t)col].text, " "))
			return false;
	return true;
}

/* Draws the round; *used is how many rows it took. */
static void draw(struct cells *c, struct view *v, int *used)
{
	int row = view_header_rows(v, ALL_SIDES);

	view_header(c, v, ALL_SIDES);
	row = draw_screen(c, v, row);
	while (row > 0 && is_blank(c, row - 1))
		row--;
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
	ui_init(ui, 0, BATCH_COLS, utf8, interval_s);
}

static void settle(struct ui *ui, const struct list *list)
{
	if (!ui->selected_any || !list_find(list, &ui->selected))
		ui_settle(ui, list);
}

int batch_walk(const struct model *m, const struct trend *t, struct walk *w, struct ui *ui)
{
	struct list list;
	int err = list_make(&list, m, t, ui);

	if (err)
		return err;
	settle(ui, &list);
	list_free(&list);
	if (w)
		walk_all(w, m);
	return 0;
}

char *batch_text(const struct model *m, const struct trend *t, struct walk *w, struct ui *ui,
		 size_t *length)
{
	struct cells c = {0};
	struct list list;
	struct view v = {m, t, &list, ui, w, NULL, NULL, NULL};
	char *text = NULL;
	int rows;

	if (list_make(&list, m, t, ui))
		return NULL;
	ui->nr_zones = 0;
	settle(ui, &list);
	rows = ALL_SIDES + PANE + FOOTER + (ui->screen == SCREEN_DOCTOR ? DOCTOR : 0) +
	       (ui->screen == SCREEN_WALK ? WALK_STEPS : 0) +
	       (int)(list.nr < 1000000 ? list.nr : 1000000) * (m->callers ? 1 + CALLERS_SHOWN : 1);
	if (!cells_resize(&c, rows, ui->cols, ui->utf8)) {
		draw(&c, &v, &rows);
		text = lines(&c, rows, length);
	}
	cells_free(&c);
	list_free(&list);
	return text;
}
