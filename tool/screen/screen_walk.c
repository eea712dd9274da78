// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * screen_walk.c: the last complete refill of a cache of the reference, step by step: the slabs on
 * their three lists, the moving one highlighted, and each step in words.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "screen/keys.h"
#include "screen/screens.h"
#include "screen/values.h"
#include "screen/walk_json.h"

#define LIST_NAME 16
#define STEPS_MIN 3

/* ---- the list of caches ----------------------------------------------------------------- */

static void walk_heading(struct cells *c, const struct view *v, int row)
{
	int col = list_view_name_heading(c, v, row);

	cells_put(c, row, col, c->cols, STYLE_HEADING, " REFILL/s  GROW/s  MOVES/s  SLABS");
}

static void walk_row(struct cells *c, const struct view *v, int row, const struct row *r,
		     bool selected)
{
	static const enum count counts[] = {COUNT_REFILLS, COUNT_GROWS, COUNT_LIST_MOVES};
	static const int widths[] = {9, 8, 9};
	enum style base = selected ? STYLE_SELECTED : STYLE_NORMAL;
	int col = list_view_name(c, v, row, r, selected);
	struct unit u;

	for (int i = 0; i < 3; i++) {
		u = unit_count(traffic_rate(&r->cache->traffic, counts[i], v->model->interval_s));
		u = values_or_nothing(u, (r->cache->traffic.known & COUNT_BIT(counts[i])) != 0);
		u = values_mark(&r->cache->traffic, counts[i], u);
		col = cells_put_right(c, row, col, widths[i],
				      selected ? base : values_style(&u, base), u.text);
	}
	u = r->cache->gauges_known & GAUGE_BIT(GAUGE_SLABS)
		    ? unit_count((double)r->cache->gauge[GAUGE_SLABS])
		    : (struct unit){"n/a"};
	cells_put_right(c, row, col, 7, selected ? base : values_style(&u, base), u.text);
}

static const struct list_look look = {
	.heading = walk_heading,
	.row = walk_row,
	.empty = "only the reference shows steps, and no process with libslab is shown",
};

/* ---- steps in words ---------------------------------------------------------------------- */

static const char *list_name(uint64_t list)
{
	return list < WALK_LISTS ? refill_walk_list_names[list] : "?";
}

static const char *origin_name(uint64_t origin)
{
	return origin < ORIGINS ? origin_rows[origin].key : "?";
}

static void say_refill(char *text, size_t size, const struct snap_step *s, bool utf8)
{
	size_t length = (size_t)snprintf(
		text, size, "done: %" PRIu64 " of %" PRIu64 " objects, %s %s", s->b, s->a,
		s->c == ORIGIN_SHARED ? "all from the" : "the last from",
		s->c == ORIGIN_SHARED ? "shared array" : origin_name(s->c));

	if (s->ns != UINT64_MAX && length < size)
		snprintf(text + length, size - length, ", in %s",
			 unit_time((double)s->ns, utf8).text);
}

static void say(char *text, size_t size, const struct snap_step *s, bool utf8)
{
	switch (s->kind) {
	case STEP_GROW:
		if (s->b == STEP_UNKNOWN)
			snprintf(text, size, "grow: slab %" PRIu64 " of %" PRIu64 " objects",
				 s->slab, s->a);
		else
			snprintf(text, size,
				 "grow: slab %" PRIu64 " of %" PRIu64 " objects, colour %" PRIu64,
				 s->slab, s->a, s->b);
		break;
	case STEP_LIST_MOVE:
		snprintf(text, size, "slab %" PRIu64 ": %s %s %s, %" PRIu64 " in use", s->slab,
			 list_name(s->a), utf8 ? "→" : "->", list_name(s->b), s->c);
		break;
	case STEP_DESTROY:
		snprintf(text, size, "slab %" PRIu64 " goes back to the pages", s->slab);
		break;
	case STEP_REFILL:
		say_refill(text, size, s, utf8);
		break;
	default:
		snprintf(text, size, "flush of %" PRIu64 " objects", s->a);
	}
}

/* ---- the lists ---------------------------------------------------------------------------- */

/* Draws one list: the slab that moved, then the others, the newest first. */
static void put_list(struct cells *c, int row, enum walk_list list, const struct walk_slabs *slabs,
		     const struct walk_slab *moved)
{
	size_t nr = 0;
	char text[48];
	int col;

	for (size_t i = 0; i < slabs->nr; i++)
		nr += slabs->slab[i].list == list;
	snprintf(text, sizeof(text), "  %-7s %4zu ", refill_walk_list_names[list], nr);
	col = cells_put(c, row, 0, LIST_NAME, STYLE_TITLE, text);
	for (size_t i = slabs->nr + 1; i-- > 0;) {
		const struct walk_slab *s = i == slabs->nr ? moved : &slabs->slab[i];
		int width;

		if (!s || s->list != list || (s == moved && i != slabs->nr))
			continue;
		snprintf(text, sizeof(text), "[%" PRIu64 " %u]", s->slab, s->inuse);
		width = text_width(text);
		if (col + width > c->cols) {
			if (col < c->cols)
				cells_put(c, row, c->cols - 1, 1, STYLE_DIM, c->utf8 ? "…" : "~");
			break;
		}
		col = cells_put(c, row, col, width, s == moved ? STYLE_HERE : STYLE_NORMAL, text) +
		      1;
	}
}

static void put_lists(struct cells *c, const struct view *v, int row)
{
	const struct walk_slab *moved;
	struct walk_slabs *slabs = v->own;

	refill_walk_slabs_now(v->walk, slabs, &moved);
	put_list(c, row, WALK_FULL, slabs, moved);
	put_list(c, row + 1, WALK_PARTIAL, slabs, moved);
	put_list(c, row + 2, WALK_FREE, slabs, moved);
}

/* ---- the pane ----------------------------------------------------------------------------- */

static void pane_heading(struct cells *c, const struct view *v, int row, const struct row *r)
{
	const struct walk *w = v->walk;
	char text[192];
	int col;

	cells_style(c, row, 0, c->cols, STYLE_HEADING);
	snprintf(text, sizeof(text), "%s, %s", r->cache->name, values_side(r->side).text);
	col = cells_put_cut(c, row, 2, c->cols - 2, STYLE_SORTED, text) + 2;
	if (!w || !w->shown.nr)
		return;
	snprintf(text, sizeof(text), "step %zu of %zu  %s  %s", w->at, w->shown.nr,
		 v->ui->walk.play ? "g plays" : "g stands",
		 v->ui->walk.any ? "m any" : "m with moves");
	cells_put_cut(c, row, col, c->cols - col, STYLE_HEADING, text);
}

static void put_steps(struct cells *c, const struct view *v, int top, int rows)
{
	const struct walk *w = v->walk;
	const struct snap_step *end = &w->shown.step[w->shown.nr - 1];
	size_t lines = w->shown.nr + 1, first = 0;
	char text[160];

	if (rows < 1)
		return;
	if (w->at >= (size_t)rows)
		first = w->at - (size_t)rows + 1;
	for (size_t i = first; i < lines && i - first < (size_t)rows; i++) {
		int row = top + (int)(i - first);
		enum style style = i == w->at  ? STYLE_SELECTED
				   : i < w->at ? STYLE_NORMAL
					       : STYLE_DIM;

		if (i)
			say(text, sizeof(text), &w->shown.step[i - 1], c->utf8);
		else
			snprintf(text, sizeof(text),
				 "refill on cpu%u, node %u: its array is empty, "
				 "%" PRIu64 " objects requested",
				 end->cpu, end->node, end->a);
		if (i == w->at)
			cells_style(c, row, 0, c->cols, style);
		cells_printf(c, row, 0, 6, style, "%s%3zu ", i == w->at ? ">" : " ", i);
		cells_put_cut(c, row, 6, c->cols - 6, style, text);
	}
}

static const char *why_nothing(const struct row *r)
{
	if (!r->cache->traffic.latency_known)
		return "n/a: needs the probes of libslab; see doctor";
	return "waiting for a refill";
}

/* Returns whether the cache has slabs that have not moved since slabscope watches it. */
static bool not_seen(const struct view *v, const struct row *r)
{
	return r->cache->gauges_known & GAUGE_BIT(GAUGE_SLABS) &&
	       r->cache->gauge[GAUGE_SLABS] > v->walk->slabs.nr;
}

static void pane(struct cells *c, const struct view *v, int top, int rows, const struct row *r)
{
	struct cache_key key;
	char text[160];

	if (rows < 2 || !r)
		return;
	pane_heading(c, v, top, r);
	key = cache_key_of(r->side, r->cache);
	if (!v->walk || !v->own || !v->walk->on || cache_key_compare(&key, &v->walk->key) ||
	    !v->walk->shown.nr) {
		cells_put_cut(c, top + 1, 3, c->cols - 3, STYLE_DIM, why_nothing(r));
		return;
	}
	if (rows < 4 + STEPS_MIN) {
		put_steps(c, v, top + 1, rows - 1);
		return;
	}
	put_lists(c, v, top + 1);
	put_steps(c, v, top + 4, rows - 5);
	snprintf(text, sizeof(text),
		 "Left, Right: back, forward  r newest  %" PRIu64 " refills seen%s%s",
		 v->walk->refills, v->walk->lost ? ", some steps lost" : "",
		 not_seen(v, r) ? "; slabs that were not seen to move are left out" : "");
	cells_put_cut(c, top + rows - 1, 1, c->cols - 1, STYLE_DIM, text);
}

/* ---- the screen --------------------------------------------------------------------------- */

static void draw(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	int of_pane = rows < LIST_VIEW_WITH_PANE || !r ? 0 : rows * 7 / 10;

	if (v->walk) {
		refill_walk_replay(v->walk, &v->ui->walk, v->model->wall);
		v->ui->walk.by = 0;
		v->ui->walk.newest = false;
	}
	v->own = malloc(sizeof(struct walk_slabs));
	list_view(c, v, &look, top, rows - of_pane);
	pane(c, v, top + rows - of_pane, of_pane, r);
	free(v->own);
}

/* Does all steps of the newest refill. */
static void walk_all(const struct view *v)
{
	const struct walk_wish all = {.newest = true, .by = WALK_STEPS};

	refill_walk_replay(v->walk, &all, v->model->wall);
}

/* Draws all steps of the newest refill of the watched cache. */
static int batch(struct cells *c, struct view *v, int row)
{
	const struct row *watched = v->walk ? cache_list_find(v->list, &v->walk->key) : NULL;
	const struct row *first = v->list->nr ? v->list->row : NULL;
	int rows = 2;

	row = list_view_all(c, v, &look, row);
	if (v->walk)
		walk_all(v);
	v->own = malloc(sizeof(struct walk_slabs));
	if (v->walk && v->walk->shown.nr) /* heading, lists, footer */
		rows = (int)v->walk->shown.nr + 6;
	pane(c, v, row, rows, watched ? watched : first);
	free(v->own);
	return row + rows;
}

static int json(struct json_t *object, const struct view *v)
{
	cache_list_settle(v->ui, v->list);
	if (v->walk)
		walk_all(v);
	return json_object_set_new(object, "walk",
				   v->walk ? walk_json(v->walk, v->model) : json_null())
		       ? -ENOMEM
		       : 0;
}

/* No kernel shows steps. */
static bool shows(const struct row *row)
{
	return row->side->kind == SIDE_REFERENCE;
}

static bool key(struct ui *ui, const struct cache_list *l, int k)
{
	bool here = ui->screen->draw == draw;

	(void)l;
	if (k == 'g') {
		ui->walk.play = !ui->walk.play;
	} else if (k == 'r') {
		ui->walk.newest = true;
	} else if (here && k == 'm') {
		ui->walk.any = !ui->walk.any;
		ui->walk.newest = true;
	} else if (here && (k == KEY_CODE_LEFT || k == KEY_CODE_RIGHT)) {
		ui->walk.by += k == KEY_CODE_LEFT ? -1 : 1;
		ui->walk.play = false;
	} else {
		return false;
	}
	return true;
}

static const struct screen_help help[] = {
	{"m", "only refills that moved slabs, or any"},
	{"g", "a step a second, or stand still"},
	{"r", "the newest refill"},
	{"Left Right", "a step back or forward"},
	{NULL, NULL},
};

const struct screen screen_walk = {
	.name = "walk",
	.title = "Walk",
	.what = "the last refill of a cache of the reference, step by step",
	.letter = 'R',
	.live = true,
	.wants = SCREEN_WANTS_STEPS,
	.help = help,
	.look = &look,
	.fills = shows,
	.shows = shows,
	.draw = draw,
	.key = key,
	.batch = batch,
	.batch_rows = WALK_STEPS,
	.json = json,
};
