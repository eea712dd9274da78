// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * view.c: where the parts of a screen stand: header, list, a pane for the selected cache, keys. Each
 * gives way when there is no room, the list last.
 */
#include "screen/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define SMALLEST_PANE	2
#define ROOM_FOR_A_PANE 5 /* rows below the header, without headings and keys */

/* Rows of the pane that show one cache by CPU; available is for list and pane, headings included. */
static int cpus_pane(const struct row *selected, int available)
{
	int wanted = view_cpus_rows(selected), most = available / 2;

	if (available < ROOM_FOR_A_PANE || !selected)
		return 0;
	if (wanted > most)
		wanted = most;
	return wanted < SMALLEST_PANE ? SMALLEST_PANE : wanted;
}

/* Rows of a pane that takes what it gets: rather more than the list. */
static int large_pane(const struct row *selected, int available)
{
	return available < ROOM_FOR_A_PANE || !selected ? 0 : available * 6 / 10;
}

/* ---- the screens that have a list ------------------------------------------------------ */

static void draw_cache(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	v->ui->page = rows > 1 ? (size_t)rows - 1 : 1;
	view_cpus(c, v, top, rows, r);
}

static void draw_table(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	int pane = cpus_pane(r, rows);
	size_t cpus_top = v->ui->cpus_top;

	view_list(c, v, &table_look, top, rows - pane);
	if (!pane)
		return;
	v->ui->cpus_top = 0;
	view_cpus(c, v, top + rows - pane, pane, r);
	v->ui->cpus_top = cpus_top;
}

static void draw_map(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	int legend = rows >= ROOM_FOR_A_PANE;

	(void)r;
	v->map = view_map_make(c, v);
	if (!v->map)
		return;
	view_list(c, v, &map_look, top, rows - legend);
	if (legend)
		view_map_legend(c, v, top + rows - 1);
	view_map_free(v->map);
	v->map = NULL;
}

static void draw_latency(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	int pane = large_pane(r, rows);

	view_list(c, v, &latency_look, top, rows - pane);
	view_latency(c, v, top + rows - pane, pane, r);
}

static void draw_origins(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	int pane = large_pane(r, rows);

	view_list(c, v, &origins_look, top, rows - pane);
	view_origins(c, v, top + rows - pane, pane, r);
}

static void draw_callers(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	int pane = large_pane(r, rows);

	view_list(c, v, &table_look, top, rows - pane);
	view_callers(c, v, top + rows - pane, pane, r);
}

static void draw_walk(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	int pane = rows < ROOM_FOR_A_PANE || !r ? 0 : rows * 7 / 10;

	if (v->walk) {
		refill_walk_replay(v->walk, &v->ui->walk, v->model->wall);
		v->ui->walk.by = 0;
		v->ui->walk.newest = false;
	}
	v->walk_room = malloc(sizeof(*v->walk_room));
	view_list(c, v, &walk_look, top, rows - pane);
	view_walk(c, v, top + rows - pane, pane, r);
	free(v->walk_room);
	v->walk_room = NULL;
}

/* What is known of the selected cache is more than the list: it gets its rows first. */
static void draw_compare(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	int wanted = view_compare_rows(v, r), most = rows * 7 / 10;
	int pane = rows < ROOM_FOR_A_PANE || !r ? 0 : wanted < most ? wanted : most;

	view_list(c, v, &compare_look, top, rows - pane);
	view_compare(c, v, top + rows - pane, pane, r);
}

/* ---- the screen ------------------------------------------------------------------------ */

static void draw_screen(struct cells *c, struct view *v, int top, int rows)
{
	size_t selected = ui_settle(v->ui, v->list);
	const struct row *r = v->list->nr ? &v->list->row[selected] : NULL;

	switch (v->ui->screen) {
	case SCREEN_TABLE:
		draw_table(c, v, top, rows, r);
		break;
	case SCREEN_CPUS:
		draw_map(c, v, top, rows, r);
		break;
	case SCREEN_LATENCY:
		draw_latency(c, v, top, rows, r);
		break;
	case SCREEN_ORIGINS:
		draw_origins(c, v, top, rows, r);
		break;
	case SCREEN_CALLERS:
		draw_callers(c, v, top, rows, r);
		break;
	case SCREEN_WALK:
		draw_walk(c, v, top, rows, r);
		break;
	case SCREEN_CACHE:
		draw_cache(c, v, top, rows, r);
		break;
	case SCREEN_COMPARE:
		draw_compare(c, v, top, rows, r);
		break;
	case SCREEN_DOCTOR:
		view_doctor(c, v, top, rows);
		break;
	case SCREEN_SETUP:
		view_setup(c, v, top, rows);
		break;
	default:
		view_help(c, v, top, rows);
	}
}

int view_draw(struct cells *c, struct view *v)
{
	int err = cells_resize(c, v->ui->rows, v->ui->cols, v->ui->utf8), top = 0;

	if (err)
		return err;
	v->ui->nr_zones = v->ui->list_rows = 0;
	if (v->ui->screen != SCREEN_HELP) {
		top = view_header_rows(v, c->rows);
		view_header(c, v, c->rows);
	}
	draw_screen(c, v, top, c->rows - 1 - top);
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
	if (text_width(text) <= width)
		return cells_put(c, row, col, width, style, text);
	col = cells_put(c, row, col, width - 1, style, text);
	return cells_put(c, row, col, 1, style, c->utf8 ? "…" : "~");
}

enum style view_unit_style(const struct unit *u, enum style style)
{
	return !strcmp(u->text, "n/a") || !strcmp(u->text, "-") ? STYLE_DIM : style;
}

struct unit view_or_nothing(struct unit u, bool known)
{
	return known && !strcmp(u.text, "n/a") ? (struct unit){"-"} : u;
}

struct unit view_side_name(const struct model_side *side)
{
	struct unit u = {"kernel"};

	if (side->replayed)
		return (struct unit){"replay"};
	if (side->kind == SIDE_REFERENCE)
		snprintf(u.text, sizeof(u.text), "%d", side->pid);
	return u;
}
