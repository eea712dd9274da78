// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * screen_latency.c: how long refills take: percentiles by cache, and the histogram of the selected
 * cache, beside that of another cache if there is one to compare it with.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "screen/cost_scale.h"
#include "screen/screens.h"
#include "screen/values.h"

#define LABEL	    9 /* of a row: its upper bound */
#define COUNT	    8
#define MARKS	    18 /* the names of percentiles */
#define MARKS_LESS  12
#define VALUE	    8
#define PERCENTILES 4

static const struct {
	const char *name;
	double q;
} percentiles[PERCENTILES] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

/* Returns the histogram of the interval, or since the start. NULL: no refill, or unknown. */
static const struct hist *hist_of(const struct view *v, const struct row *r)
{
	if (!v->ui->since)
		return r->cache->refill_ns;
	return r->trend ? r->trend->refill_ns : r->cache->refill_ns;
}

/* ---- the list -------------------------------------------------------------------------- */

static void latency_heading(struct cells *c, const struct view *v, int row)
{
	static const char *const titles[] = {"REFILLS", "P50", "P90", "P99", "P99.9", "MAX"};
	int col = list_view_name_heading(c, v, row);

	(void)v;
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles) && col + VALUE <= c->cols; i++)
		col = cells_put_right(c, row, col, VALUE, STYLE_HEADING, titles[i]);
}

static int put_time(struct cells *c, int row, int col, double ns, bool known)
{
	struct unit u = values_or_nothing(unit_time(ns, c->utf8), known);

	if (col + VALUE > c->cols)
		return col;
	return cells_put_right(c, row, col, VALUE,
			       values_style(&u, cost_scale_text(cost_scale_time(ns))), u.text);
}

static void latency_row(struct cells *c, const struct view *v, int row, const struct row *r,
			bool selected)
{
	const struct hist *h = hist_of(v, r);
	bool known = r->cache->traffic.latency_known;
	enum style base = selected ? STYLE_SELECTED : STYLE_NORMAL;
	int col = list_view_name(c, v, row, r, selected);
	struct unit count = unit_count(known ? (h ? (double)h->count : 0) : NAN);

	if (col + VALUE <= c->cols)
		col = cells_put_right(c, row, col, VALUE,
				      selected ? base : values_style(&count, base), count.text);
	for (int i = 0; i < PERCENTILES; i++)
		col = put_time(c, row, col, h ? latency_percentile(h, percentiles[i].q) : NAN,
			       known);
	put_time(c, row, col, h ? (double)h->max : NAN, known);
}

static const struct list_look look = {.heading = latency_heading, .row = latency_row};

/* ---- the histogram --------------------------------------------------------------------- */

/* Buckets from first to last, step of them in a row. */
struct range {
	int first, last, step;
};

static void widen(struct range *range, const struct hist *h)
{
	for (int i = 0; h && i < HIST_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		if (i < range->first)
			range->first = i;
		if (i > range->last)
			range->last = i;
	}
}

static struct range range_for(const struct hist *a, const struct hist *b, int rows)
{
	struct range range = {HIST_BUCKETS, -1, 1};

	widen(&range, a);
	widen(&range, b);
	for (;; range.step++) {
		int first = range.first / range.step * range.step;

		if (range.last < first || (range.last - first) / range.step < rows) {
			range.first = first;
			return range;
		}
	}
}

static uint64_t in_row(const struct hist *h, const struct range *range, int i)
{
	uint64_t sum = 0;
	int from = range->first + i * range->step;

	for (int b = from; b < from + range->step && b < HIST_BUCKETS; b++)
		sum += h->bucket[b];
	return sum;
}

/* Writes the names of the percentiles that are in the row. */
static void marks_of(const struct hist *h, const struct range *range, int i, char *text,
		     size_t size)
{
	double low = range->first + i * range->step - 1, high = low + range->step;
	size_t length = 0;

	text[0] = 0;
	for (int p = 0; p < PERCENTILES; p++) {
		double bucket =
			ceil(8 * log2(fmax(latency_percentile(h, percentiles[p].q), 1)) - 1e-9);

		if (bucket > low && bucket <= high && length < size)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
						   length ? " " : "", percentiles[p].name);
	}
}

/* One histogram, in its part of the pane. */
struct part {
	int col, width;
	const struct hist *h;
	double most;
};

static struct part part_of(int col, int width, const struct hist *h, const struct range *range,
			   int rows)
{
	struct part p = {col, width, h, 0};

	for (int i = 0; h && i < rows; i++)
		p.most = fmax(p.most, (double)in_row(h, range, i));
	return p;
}

static void put_part(struct cells *c, const struct view *v, int row, const struct part *p,
		     const struct range *range, int i)
{
	int marked = p->width >= 50 ? MARKS : MARKS_LESS, room = p->width - COUNT - marked - 2;
	int bar, col = p->col;
	double n, share;
	char marks[32];

	if (!p->h)
		return;
	n = (double)in_row(p->h, range, i);
	if (p->width < COUNT + 4)
		return;
	col = cells_put_right(c, row, col, COUNT, n > 0 ? STYLE_NORMAL : STYLE_DIM,
			      unit_count(n).text) +
	      1;
	if (room < 4)
		room = p->width - COUNT - 2;
	share = v->ui->log    ? (p->most > 0 ? log1p(n) / log1p(p->most) : 0)
		: p->most > 0 ? n / p->most
			      : 0;
	bar = (int)lrint(share * room);
	if (n > 0 && !bar)
		bar = 1;
	for (int j = 0; j < bar; j++)
		cells_put(c, row, col + j, 1,
			  cost_scale_text(cost_scale_time(
				  exp2((range->first + (i + 0.5) * range->step) / 8))),
			  c->utf8 ? "█" : "#");
	marks_of(p->h, range, i, marks, sizeof(marks));
	if (p->width - COUNT - marked - 2 >= 4)
		cells_put(c, row, col + room + 1, marked - 1, STYLE_TITLE, marks);
}

/* Returns whether b is the same cache on the other side of a comparison. */
static bool is_same_stream(const struct row *a, const struct row *b)
{
	return a->side->replayed != b->side->replayed && a->cache->id == b->cache->id;
}

/* Returns the cache beside r: the chosen one, or that of the same name on the other side. */
static const struct row *compared(const struct view *v, const struct row *r)
{
	const struct row *other;

	if (v->ui->compared_any) {
		other = cache_list_find(v->list, &v->ui->compared);
		return other && (other->cache != r->cache) ? other : NULL;
	}
	for (size_t i = 0; i < v->list->nr; i++) {
		other = &v->list->row[i];
		if (v->compare ? is_same_stream(other, r)
			       : other->side->kind != r->side->kind &&
					 !strcmp(other->cache->name, r->cache->name))
			return other;
	}
	return NULL;
}

static void pane_heading(struct cells *c, const struct view *v, int row, const struct row *r,
			 const struct row *other, int half)
{
	char text[160];
	int col;

	cells_style(c, row, 0, c->cols, STYLE_HEADING);
	snprintf(text, sizeof(text), "%s, %s", r->cache->name, values_side(r->side).text);
	col = cells_put_cut(c, row, 2, half - 3, STYLE_SORTED, text) + 2;
	if (other) {
		snprintf(text, sizeof(text), "%s, %s", other->cache->name,
			 values_side(other->side).text);
		cells_put_cut(c, row, half + LABEL, c->cols - half - LABEL, STYLE_SORTED, text);
		return;
	}
	snprintf(text, sizeof(text), "t %s  y %s bars  x compares",
		 v->ui->since ? "since the start" : "of the interval",
		 v->ui->log ? "log" : "linear");
	cells_put_cut(c, row, col, c->cols - col, STYLE_HEADING, text);
}

static void say(struct cells *c, int row, const struct row *r)
{
	cells_put_cut(c, row, 3, c->cols - 3, STYLE_DIM,
		      r->cache->traffic.latency_known ? "no refill yet"
						      : "latencies: n/a; see doctor");
}

static void pane(struct cells *c, const struct view *v, int top, int rows, const struct row *r)
{
	const struct row *other = r ? compared(v, r) : NULL;
	const struct hist *h, *h2;
	struct range range;
	struct part part, part2;
	int half;

	if (rows < 2 || !r)
		return;
	h = hist_of(v, r);
	h2 = other ? hist_of(v, other) : NULL;
	half = other ? LABEL + (c->cols - LABEL) / 2 : c->cols;
	pane_heading(c, v, top, r, other, other ? half - LABEL : c->cols);
	if (!h && !h2) {
		say(c, top + 1, r);
		return;
	}
	if (!v->compare && other &&
	    (other->side->kind != r->side->kind || other->side->id != r->side->id))
		cells_put_cut(c, top + --rows, LABEL + 1, c->cols - LABEL - 1, STYLE_WARN,
			      "not comparable: different workloads");
	range = range_for(h, h2, rows > 2 ? rows - 1 : 1);
	part = part_of(LABEL, half - LABEL, h, &range, rows - 1);
	part2 = part_of(half, c->cols - half, h2, &range, rows - 1);
	for (int i = 0; i < rows - 1 && range.first + i * range.step <= range.last; i++) {
		double bound = exp2((range.first + (i + 1) * range.step - 1) / 8.0);

		cells_put_right(c, top + 1 + i, 0, LABEL, STYLE_DIM,
				unit_bound(unit_time(bound, c->utf8), c->utf8).text);
		put_part(c, v, top + 1 + i, &part, &range, i);
		put_part(c, v, top + 1 + i, &part2, &range, i);
	}
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

/* Keeps the selected cache beside those that are selected later, or ends that. */
static void put_beside(struct ui *ui, const struct cache_list *l)
{
	cache_list_settle(ui, l);
	if (!ui->selected_any)
		return;
	if (ui->compared_any && !cache_key_compare(&ui->compared, &ui->selected)) {
		ui->compared_any = false;
		snprintf(ui->message, sizeof(ui->message), "no longer compared");
		return;
	}
	ui->compared_any = true;
	ui->compared = ui->selected;
	if (ui->screen->draw != draw)
		ui_show(ui, &screen_latency);
	snprintf(ui->message, sizeof(ui->message),
		 "select another cache to see it beside this one; x on this one ends that");
}

static bool key(struct ui *ui, const struct cache_list *l, int k)
{
	if (k == 't')
		ui->since = !ui->since;
	else if (k == 'y')
		ui->log = !ui->log;
	else if (k == 'x')
		put_beside(ui, l);
	else
		return false;
	return true;
}

static const struct screen_help help[] = {
	{"t", "since the start, or of the interval"},
	{"y", "bars linear or logarithmic"},
	{"x", "put the selected cache beside the one selected next"},
	{NULL, NULL},
};

static bool fills(const struct row *r)
{
	return r->cache->traffic.latency_known;
}

const struct screen screen_latency = {
	.name = "latency",
	.title = "Latency",
	.what = "how long refills take, as a histogram",
	.letter = 'L',
	.live = true,
	.compared = true,
	.help = help,
	.look = &look,
	.fills = fills,
	.about = "latency",
	.draw = draw,
	.key = key,
	.batch = batch,
	.batch_rows = LIST_VIEW_PANE_ROWS,
};
