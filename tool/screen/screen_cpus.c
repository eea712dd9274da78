// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * screen_cpus.c: a map of caches by CPUs, or by nodes. A cell holds the value, or where cells are
 * small a sign of its level. The map scrolls to the CPUs that do not fit.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "screen/cost_scale.h"
#include "screen/keys.h"
#include "screen/screens.h"
#include "screen/values.h"

#define PLACES_MAX 8192 /* no kernel has more CPUs */
#define VALUE_LESS 6	/* the least columns of a value, with its blank */
#define VALUE_CELL 8	/* the same where there is room */
#define WIDE_CELL  4	/* a sign is drawn broader from here on */

/* The places, each a CPU or all CPUs of a node, and their columns. */
struct map {
	int col, cell, shown; /* of the first place, columns of each, how many fit */
	int nr, left;	      /* places; those left of the visible ones */
	bool fold;
	bool values;	       /* cells hold values, not signs */
	double most;	       /* the most refills a second of a CPU: the end of the scale */
	int at[PLACES_MAX];    /* the index of a place in place[], or -1 */
	int place[PLACES_MAX]; /* the known places, ascending */
	struct traffic *sum;   /* of each visible place, for one row */
};

static const char *const metric_names[METRICS] = {
	[METRIC_HIT] = "HIT%", [METRIC_REFILLS] = "REFILL/s", [METRIC_P99] = "P99"};

static int place_of(const struct map *m, const struct model *model, uint32_t cpu)
{
	int node = m->fold ? model_node(model, cpu) : cpu < PLACES_MAX ? (int)cpu : -1;

	return node < PLACES_MAX ? node : -1;
}

/* Finds the places that any cache of the list has. */
static void find_places(struct map *m, const struct view *v)
{
	for (size_t i = 0; i < v->list->nr; i++) {
		const struct model_cache *cache = v->list->row[i].cache;

		for (size_t j = 0; j < cache->nr_cpus; j++) {
			const struct model_cpu *cpu = &cache->cpu[j];
			int place = place_of(m, v->model, cpu->cpu);

			if (place >= 0)
				m->at[place] = 1;
			m->most = fmax(m->most, traffic_rate(&cpu->traffic, COUNT_REFILLS,
							     v->model->interval_s));
		}
	}
	for (int i = 0; i < PLACES_MAX; i++) {
		bool there = m->at[i] > 0;

		m->at[i] = there ? m->nr : -1;
		if (there)
			m->place[m->nr++] = i;
	}
}

/* Sets the width of cells and how many fit from col on. */
static void lay_out(struct map *m, struct ui *ui, int cols, int col)
{
	int room = cols - col;

	m->col = col;
	m->cell = m->nr && room > 0 ? room / m->nr : VALUE_CELL;
	m->values = m->cell >= VALUE_LESS + (ui->metric == METRIC_P99);
	m->cell = m->cell >= VALUE_CELL	 ? VALUE_CELL
		  : m->values		 ? m->cell
		  : m->cell >= WIDE_CELL ? WIDE_CELL
					 : 1;
	m->shown = room > 0 ? room / m->cell : 0;
	if (m->nr <= m->shown)
		ui->cpus_left = 0;
	else if (ui->cpus_left > (size_t)(m->nr - m->shown))
		ui->cpus_left = (size_t)(m->nr - m->shown);
	m->left = (int)ui->cpus_left;
	if (m->shown > m->nr - m->left)
		m->shown = m->nr - m->left;
}

static struct map *map_make(struct cells *c, const struct view *v)
{
	struct map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->fold = v->ui->fold && v->model->nr_cpu_nodes;
	find_places(m, v);
	lay_out(m, v->ui, c->cols, list_view_name_end(c, v));
	m->sum = calloc((size_t)m->shown + 1, sizeof(*m->sum));
	if (m->sum)
		return m;
	free(m);
	return NULL;
}

static void map_free(struct map *m)
{
	free(m->sum);
	free(m);
}

/* ---- values ---------------------------------------------------------------------------- */

/* Adds the counts of a CPU to its place. Percentiles cannot be added: the worst one is kept. */
static void add_cpu(struct traffic *to, const struct traffic *cpu)
{
	to->known = cpu->known;
	to->inferred = cpu->inferred;
	to->latency_known = cpu->latency_known;
	for (int i = 0; i < COUNTS; i++)
		to->count[i] += cpu->count[i];
	to->refill_ns.p99 = to->refill_ns.count ? fmax(to->refill_ns.p99, cpu->refill_ns.p99)
						: cpu->refill_ns.p99;
	to->refill_ns.count += cpu->refill_ns.count;
}

static double hit_rate(const struct traffic *t)
{
	const uint32_t both = COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_HITS);

	if ((t->known & both) != both || !t->count[COUNT_ALLOCS])
		return NAN;
	return fmin((double)t->count[COUNT_HITS] / (double)t->count[COUNT_ALLOCS], 1);
}

struct value {
	struct unit text;
	int level; /* -1: none */
};

static struct value value_of(const struct view *v, const struct traffic *t, double most)
{
	const uint32_t both = COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_HITS);
	double hit = hit_rate(t), rate = traffic_rate(t, COUNT_REFILLS, v->model->interval_s);
	double p99 = t->latency_known && t->refill_ns.count ? t->refill_ns.p99 : NAN;

	switch (v->ui->metric) {
	case METRIC_HIT:
		return (struct value){values_mark(t, COUNT_HITS,
						  values_or_nothing(unit_percent(hit),
								    (t->known & both) == both)),
				      cost_scale_hit(hit)};
	case METRIC_REFILLS:
		return (struct value){values_mark(t, COUNT_REFILLS, unit_count(rate)),
				      rate > 0 ? cost_scale_share(rate, most) : -1};
	default:
		return (struct value){
			values_or_nothing(unit_time(p99, v->ui->utf8), t->latency_known),
			cost_scale_time(p99)};
	}
}

/* ---- drawing --------------------------------------------------------------------------- */

static void map_heading(struct cells *c, const struct view *v, int row)
{
	const struct map *m = v->own;
	int end = 0;

	list_view_name_heading(c, v, row);
	for (int i = 0; i < m->shown; i++) {
		int place = m->place[m->left + i], col = m->col + i * m->cell;
		char text[32];

		if (m->values) {
			snprintf(text, sizeof(text), "%s%d", m->fold ? "node" : "cpu", place);
			cells_put_right(c, row, col, m->cell, STYLE_HEADING, text);
			continue;
		}
		snprintf(text, sizeof(text), "%d", place); /* where it fits */
		if (col < end || col + text_width(text) > c->cols)
			continue;
		cells_put(c, row, col, c->cols, STYLE_HEADING, text);
		end = col + text_width(text) + (m->cell > 1 ? 1 : 4);
	}
}

static void put_value(struct cells *c, const struct map *m, int row, int col, struct value value,
		      bool idle)
{
	const char *sign = cost_scale_sign(value.level, c->utf8);

	if (m->values) {
		enum style style = value.level < 0 ? STYLE_DIM : cost_scale_fill(value.level);

		if (value.level >= 0)
			cells_style(c, row, col + 1, m->cell - 1, style);
		cells_put_right(c, row, col + 1, m->cell - 1, style, value.text.text);
		return;
	}
	if (value.level < 0) /* no events, or unknown */
		sign = idle || strcmp(value.text.text, "n/a") ? (c->utf8 ? "·" : " ") : "?";
	for (int i = 0; i < (m->cell > 1 ? m->cell - 1 : 1); i++)
		cells_put(c, row, col + i, 1, cost_scale_fill(value.level), sign);
}

static void map_row(struct cells *c, const struct view *v, int row, const struct row *r,
		    bool selected)
{
	const struct model_cache *cache = r->cache;
	struct map *m = v->own;
	int col = list_view_name(c, v, row, r, selected);

	if (!cache->cpus_known) {
		cells_put(c, row, col + 1, c->cols, STYLE_DIM, "n/a");
		return;
	}
	memset(m->sum, 0, (size_t)m->shown * sizeof(*m->sum));
	for (int i = 0; i < m->shown; i++) { /* a place without the cache has no events */
		m->sum[i].known = cache->traffic.known;
		m->sum[i].inferred = cache->traffic.inferred;
		m->sum[i].latency_known = cache->traffic.latency_known;
	}
	for (size_t j = 0; j < cache->nr_cpus; j++) {
		int place = place_of(m, v->model, cache->cpu[j].cpu);
		int i = place < 0 ? -1 : m->at[place] - m->left;

		if (i >= 0 && i < m->shown)
			add_cpu(&m->sum[i], &cache->cpu[j].traffic);
	}
	for (int i = 0; i < m->shown; i++)
		put_value(c, m, row, m->col + i * m->cell, value_of(v, &m->sum[i], m->most),
			  !traffic_active(&m->sum[i]));
}

static const struct list_look map_look = {.heading = map_heading, .row = map_row};

static void map_legend(struct cells *c, const struct view *v, int row)
{
	int col = 0, from, places = v->ui->fold && v->model->nr_cpu_nodes ? 1 : 0;

	col = cells_put(c, row, 0, c->cols, STYLE_KEY, " m ");
	from = col;
	for (int i = 0; i < METRICS; i++)
		col = cells_put(c, row, col, c->cols,
				i == (int)v->ui->metric ? STYLE_HERE : STYLE_NORMAL,
				metric_names[i]) +
		      1;
	ui_zone(v->ui, row, from, col - from, 'm');
	from = col + 1;
	col = cells_put(c, row, from, c->cols, STYLE_KEY, "f ");
	col = cells_put(c, row, col, c->cols, STYLE_NORMAL, places ? "by node" : "by CPU");
	ui_zone(v->ui, row, from, col - from, 'f');
	col = cells_put(c, row, col + 2, c->cols, STYLE_DIM, "cheap ");
	for (int i = 0; i < SCALE_LEVELS; i++)
		col = cells_put(c, row, col, 1, cost_scale_fill(i), cost_scale_sign(i, c->utf8));
	cells_put(c, row, col, c->cols, STYLE_DIM, " costly  Left, Right: more");
}

/* ---- the screen ------------------------------------------------------------------------ */

static void draw(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	int legend = rows >= LIST_VIEW_WITH_PANE;

	(void)r;
	v->own = map_make(c, v);
	if (!v->own)
		return;
	list_view(c, v, &map_look, top, rows - legend);
	if (legend)
		map_legend(c, v, top + rows - 1);
	map_free(v->own);
}

static int batch(struct cells *c, struct view *v, int row)
{
	v->own = map_make(c, v);
	if (!v->own)
		return row;
	row = list_view_all(c, v, &map_look, row);
	map_free(v->own);
	return row;
}

static bool key(struct ui *ui, const struct cache_list *l, int k)
{
	bool here = ui->screen->draw == draw;

	(void)l;
	if (k == 'm')
		ui->metric = (ui->metric + 1) % METRICS;
	else if (k == 'f')
		ui->fold = !ui->fold;
	else if (here && k == KEY_CODE_LEFT)
		ui_scroll(&ui->cpus_left, -8);
	else if (here && k == KEY_CODE_RIGHT)
		ui_scroll(&ui->cpus_left, 8);
	else
		return false;
	return true;
}

static const struct screen_help help[] = {
	{"m", "hit rate, refills a second, p99"},
	{"f", "fold the CPUs by NUMA node (p99 is then that of the worst CPU)"},
	{"Left Right", "scroll"},
	{NULL, NULL},
};

static bool fills(const struct row *r)
{
	return r->cache->cpus_known;
}

const struct screen screen_cpus = {
	.name = "cpus",
	.title = "CPUs",
	.what = "which CPU misses in which cache, as a map",
	.letter = 'M',
	.live = true,
	.compared = true,
	.help = help,
	.look = &map_look,
	.fills = fills,
	.about = "allocs",
	.draw = draw,
	.key = key,
	.batch = batch,
};
