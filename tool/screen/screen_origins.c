// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screen_origins.c: where refills found their objects: by cache, and for one cache over time. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "screen/cost_scale.h"
#include "screen/origin_bar.h"
#include "screen/screens.h"
#include "screen/values.h"

#define RATE	9
#define AXIS	8
#define BAR_MIN 8

/* ---- the list -------------------------------------------------------------------------- */

static void origins_heading(struct cells *c, const struct view *v, int row)
{
	int col = list_view_name_heading(c, v, row);

	col = cells_put_right(c, row, col, RATE, STYLE_HEADING, "REFILL/s");
	cells_put(c, row, col + 1, c->cols, STYLE_HEADING, "ORIGINS");
}

static void origins_row(struct cells *c, const struct view *v, int row, const struct row *r,
			bool selected)
{
	const struct traffic *t = &r->cache->traffic;
	struct unit rate = unit_count(traffic_rate(t, COUNT_REFILLS, v->model->interval_s));
	int col = list_view_name(c, v, row, r, selected);
	double origins[ORIGINS];
	bool known = origin_bar_counts(t, origins);
	enum style style;

	rate = values_mark(t, COUNT_REFILLS,
			   values_or_nothing(rate, (t->known & COUNT_BIT(COUNT_REFILLS)) != 0));
	style = selected ? STYLE_SELECTED : values_style(&rate, STYLE_NORMAL);
	col = cells_put_right(c, row, col, RATE, style, rate.text);
	col++;
	if (c->cols - col >= BAR_MIN &&
	    !origin_bar_draw(c, row, col, c->cols - col - 1, origins, NULL))
		cells_put(c, row, col, c->cols, STYLE_DIM, known ? "-" : "n/a");
}

static const struct list_look look = {.heading = origins_heading, .row = origins_row};

/* ---- over time ------------------------------------------------------------------------- */

static double sum_of(const struct trend_round *r)
{
	double sum = 0;

	for (int i = 0; i < ORIGINS; i++)
		sum += r->origins[i] > 0 ? r->origins[i] : 0;
	return sum;
}

/* Draws one interval as a column of letters, the cheapest origin at the bottom. */
static void column(struct cells *c, int top, int rows, int col, const struct trend_round *r,
		   double most)
{
	double passed = 0;
	int at = 0;

	for (int k = 0; k < ORIGINS && most > 0; k++) {
		enum origin i = origin_by_cost[k];
		const char letter[2] = {origin_rows[i].letter, 0};
		int until;

		if (!(r->origins[i] > 0))
			continue;
		passed += r->origins[i];
		until = (int)lrint(passed / most * rows);
		if (until <= at)
			until = at + 1;
		for (; at < until && at < rows; at++)
			cells_put(c, top + rows - 1 - at, col, 1,
				  cost_scale_fill(origin_rows[i].level), letter);
	}
}

/* Draws each letter with its origin and its share of the refills. */
static void legend(struct cells *c, int row, const struct traffic *t)
{
	double origins[ORIGINS], sum = 0;
	int col = 2;
	char text[48];

	origin_bar_counts(t, origins);
	for (int i = 0; i < ORIGINS; i++)
		sum += origins[i];
	for (int k = 0; k < ORIGINS; k++) {
		enum origin i = origin_by_cost[k];
		const char letter[2] = {origin_rows[i].letter, 0};

		if (!(origins[i] > 0))
			continue;
		snprintf(text, sizeof(text), " %s %s %%", origin_rows[i].key,
			 unit_percent(origins[i] / sum).text);
		if (col + 3 + text_width(text) > c->cols)
			break;
		col = cells_put(c, row, col, 1, cost_scale_fill(origin_rows[i].level), letter);
		col = cells_put(c, row, col, c->cols, STYLE_NORMAL, text) + 2;
	}
}

static void chart_heading(struct cells *c, const struct view *v, int row, const struct row *r)
{
	char text[160];
	int col;

	cells_style(c, row, 0, c->cols, STYLE_HEADING);
	snprintf(text, sizeof(text), "%s, %s", r->cache->name, values_side(r->side).text);
	col = cells_put_cut(c, row, 2, c->cols - 2, STYLE_SORTED, text) + 2;
	cells_put_cut(c, row, col, c->cols - col, STYLE_HEADING,
		      v->ui->log ? "y shares over time" : "y refills a second over time");
}

/* Returns the most refills a second of the visible intervals. */
static double most_of(const struct trend_cache *t, int first)
{
	double most = 0;

	for (int i = first; i < t->nr; i++)
		most = fmax(most, sum_of(&t->round[i]));
	return most;
}

static void chart(struct cells *c, const struct view *v, int top, int rows, const struct row *r)
{
	const struct trend_cache *t = r->trend;
	int width = c->cols - AXIS - 1, first = t->nr > width ? t->nr - width : 0;
	double most = most_of(t, first);

	if (!(most > 0)) {
		cells_put_cut(c, top, 3, c->cols - 3, STYLE_DIM,
			      "no refills in the last intervals");
		return;
	}
	cells_put_right(c, top, 0, AXIS - 1, STYLE_DIM,
			v->ui->log ? "100 %" : unit_count(most).text);
	if (rows > 1)
		cells_put_right(c, top + rows - 1, 0, AXIS - 1, STYLE_DIM, "0");
	for (int i = first; i < t->nr; i++)
		column(c, top, rows, AXIS + width - (t->nr - i), &t->round[i],
		       v->ui->log ? sum_of(&t->round[i]) : most);
}

static void pane(struct cells *c, const struct view *v, int top, int rows, const struct row *r)
{
	double origins[ORIGINS];
	bool with_legend = rows > 4;

	if (rows < 2 || !r)
		return;
	chart_heading(c, v, top, r);
	if (!origin_bar_counts(&r->cache->traffic, origins)) {
		cells_put_cut(c, top + 1, 3, c->cols - 3, STYLE_DIM, "origins: n/a; see doctor");
		return;
	}
	if (with_legend)
		legend(c, top + 1, &r->cache->traffic);
	top += 1 + with_legend;
	rows -= 1 + with_legend;
	if (r->trend && r->trend->nr && c->cols > AXIS + 2)
		chart(c, v, top, rows, r);
	else
		cells_put_cut(c, top, 3, c->cols - 3, STYLE_DIM, "waiting for the first sample");
}

/* ---- the screen ------------------------------------------------------------------------ */

static void draw(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	list_view_and_pane(c, v, &look, pane, top, rows, r);
}

static int batch(struct cells *c, struct view *v, int row)
{
	return list_view_all_and_pane(c, v, &look, pane, row);
}

static bool key(struct ui *ui, const struct cache_list *l, int k)
{
	(void)l;
	if (k != 'y')
		return false;
	ui->log = !ui->log;
	return true;
}

static const struct screen_help help[] = {
	{"y", "refills a second, or shares"},
	{NULL, NULL},
};

static bool fills(const struct row *r)
{
	return r->cache->traffic.known >> COUNT_ORIGIN;
}

const struct screen screen_origins = {
	.name = "origins",
	.title = "Origins",
	.what = "where refills found their objects, over time",
	.letter = 'O',
	.live = true,
	.compared = true,
	.help = help,
	.look = &look,
	.fills = fills,
	.about = "origins",
	.draw = draw,
	.key = key,
	.batch = batch,
	.batch_rows = LIST_VIEW_PANE_ROWS,
};
