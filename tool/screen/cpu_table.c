// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* cpu_table.c: which CPU is served by its own cache, and what refills cost there. */
#include "screen/cpu_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "screen/cost_scale.h"
#include "screen/values.h"

#define BAR_MAX 40
#define NARROW	60
#define WIDE	120
#define MARGIN	2

/* The widths of the columns; 0 leaves a column out. */
struct places {
	int name, allocs, hit, bar, refills, p50, p99;
};

static struct places places_for(int cols)
{
	bool narrow = cols < NARROW;
	struct places p = {
		.name = narrow	      ? 7
			: cols < WIDE ? 24
				      : 36,
		.allocs = 8,
		.hit = 6,
		.refills = 9,
		.p50 = narrow ? 0 : 7,
		.p99 = 7,
	};

	p.bar = cols - MARGIN - p.name - p.allocs - p.hit - p.refills - p.p50 - p.p99 - 1;
	if (p.bar > BAR_MAX)
		p.bar = BAR_MAX;
	if (p.bar < 4)
		p.bar = 0;
	return p;
}

static void heading(struct cells *c, const struct places *p, int row, const struct row *r)
{
	int col = MARGIN + p->name;
	char text[128];

	cells_style(c, row, 0, c->cols, STYLE_HEADING);
	if (r->side->kind == SIDE_KERNEL)
		snprintf(text, sizeof(text), "%s, kernel", r->cache->name);
	else
		snprintf(text, sizeof(text), "%s, %d", r->cache->name, r->side->pid);
	if (traffic_hit_doubt(&r->cache->traffic) > 0) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, ", hit %s",
			 values_hit_doubt(&r->cache->traffic, c->utf8).text);
	}
	cells_put_cut(c, row, MARGIN, p->name, STYLE_SORTED, text);
	col = cells_put_right(c, row, col, p->allocs, STYLE_HEADING, "ALLOC/s");
	col = cells_put_right(c, row, col, p->hit, STYLE_HEADING, "HIT%") + 1 + p->bar;
	col = cells_put_right(c, row, col, p->refills, STYLE_HEADING, "REFILL/s");
	if (p->p50)
		col = cells_put_right(c, row, col, p->p50, STYLE_HEADING, "P50");
	cells_put_right(c, row, col, p->p99, STYLE_HEADING, "P99");
}

static int put_unit(struct cells *c, int row, int col, int width, struct unit u, enum style style)
{
	return cells_put_right(c, row, col, width, values_style(&u, style), u.text);
}

static void cpu_row(struct cells *c, const struct view *v, const struct places *p, int row,
		    const struct model_cpu *cpu)
{
	const uint32_t both = COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_HITS);
	const struct traffic *t = &cpu->traffic;
	enum style base = traffic_active(t) ? STYLE_NORMAL : STYLE_DIM;
	enum style hit = cost_scale_text(cost_scale_hit(t->hit_rate));
	double s = v->model->interval_s;
	struct unit p50 = unit_time(t->refill_ns.count ? t->refill_ns.p50 : NAN, c->utf8);
	struct unit p99 = unit_time(t->refill_ns.count ? t->refill_ns.p99 : NAN, c->utf8);
	int col = MARGIN + p->name, bar;

	cells_printf(c, row, MARGIN, p->name, base, " cpu%u", cpu->cpu);
	col = put_unit(c, row, col, p->allocs, unit_count(traffic_rate(t, COUNT_ALLOCS, s)), base);
	col = put_unit(c, row, col, p->hit,
		       values_or_nothing(values_hit(t), (t->known & both) == both), hit);
	bar = t->hit_rate >= 0 ? (int)(t->hit_rate * p->bar) : 0;
	for (int i = 0; i < bar; i++)
		cells_put(c, row, col + 1 + i, 1, hit, "|");
	col += 1 + p->bar;
	col = put_unit(c, row, col, p->refills,
		       values_mark(t, COUNT_REFILLS, unit_count(traffic_rate(t, COUNT_REFILLS, s))),
		       base);
	if (p->p50)
		col = put_unit(c, row, col, p->p50, values_or_nothing(p50, t->latency_known),
			       cost_scale_text(cost_scale_time(t->refill_ns.count ? t->refill_ns.p50
										  : NAN)));
	put_unit(c, row, col, p->p99, values_or_nothing(p99, t->latency_known),
		 cost_scale_text(cost_scale_time(t->refill_ns.count ? t->refill_ns.p99 : NAN)));
}

static void put_rate(FILE *to, const char *what, const struct traffic *t, enum count c,
		     double interval_s)
{
	double rate = traffic_rate(t, c, interval_s);

	fprintf(to, isnan(rate) ? "  %s %s" : "  %s %s/s", what, unit_count(rate).text);
}

/* Draws a line on the whole cache: its other names, tunables, and rates of its origins. */
static void summary(struct cells *c, const struct view *v, int row, const struct model_cache *m)
{
	const struct traffic *t = &m->traffic;
	double s = v->model->interval_s;
	char text[512] = "";
	const char *alias = m->aliases ? m->aliases : "";
	FILE *to = fmemopen(text, sizeof(text), "w");

	if (!to)
		return;
	if (alias[0])
		fprintf(to, "  also ");
	for (; *alias; alias++)
		fputs(*alias == '\n' ? ", " : (char[]){*alias, 0}, to);
	if (m->gauges_known & GAUGE_BIT(GAUGE_LIMIT))
		fprintf(to, "  limit %" PRIu64, m->gauge[GAUGE_LIMIT]);
	if (m->gauges_known & GAUGE_BIT(GAUGE_BATCHCOUNT))
		fprintf(to, "  batchcount %" PRIu64, m->gauge[GAUGE_BATCHCOUNT]);
	put_rate(to, "grows", t, COUNT_GROWS, s);
	put_rate(to, "flushes", t, COUNT_FLUSHES, s);
	for (int i = 0; i < ORIGINS; i++)
		if (t->count[COUNT_ORIGIN + i])
			put_rate(to, origin_rows[i].key, t, COUNT_ORIGIN + i, s);
	fclose(to);
	text[sizeof(text) - 1] = 0;
	cells_put_cut(c, row, MARGIN - 1, c->cols - MARGIN + 1, STYLE_DIM, text);
}

int cpu_table_rows(const struct row *r)
{
	size_t cpus = r && r->cache->cpus_known ? r->cache->nr_cpus : 0;

	return 2 + (cpus < 1 ? 1 : cpus > 1000000 ? 1000000 : (int)cpus);
}

static void put_text(struct cells *c, int row, const char *text)
{
	cells_put_cut(c, row, MARGIN + 1, c->cols - MARGIN - 1, STYLE_DIM, text);
}

/* Draws rows rows of CPUs. A pane starts with the first CPU, and its last row counts the rest. */
static void cpu_rows(struct cells *c, struct view *v, const struct places *p, int top, int rows,
		     const struct model_cache *m, bool pane)
{
	size_t room = rows > 0 ? (size_t)rows : 0, most = m->nr_cpus > room ? m->nr_cpus - room : 0;
	size_t first, shown;

	if (!room)
		return;
	if (!pane && v->ui->cpus_top > most)
		v->ui->cpus_top = most;
	first = pane ? 0 : v->ui->cpus_top;
	shown = m->nr_cpus - first < room ? m->nr_cpus - first : room;
	for (size_t i = 0; i < shown; i++)
		cpu_row(c, v, p, top + (int)i, &m->cpu[first + i]);
	if (first + shown < m->nr_cpus && pane && room > 1) {
		int row = top + (int)room - 1;

		cells_printf(c, row, 0, c->cols, STYLE_DIM, "%*s", c->cols, "");
		cells_printf(c, row, MARGIN + 1, c->cols, STYLE_DIM, "%zu more: Enter",
			     m->nr_cpus - first - shown + 1);
	}
}

void cpu_table_draw(struct cells *c, struct view *v, int top, int rows, const struct row *r,
		    bool pane)
{
	struct places p = places_for(c->cols);
	bool with_summary;

	if (rows < 1)
		return;
	if (!r) {
		put_text(c, top, "no cache is selected");
		return;
	}
	with_summary = rows >= cpu_table_rows(r) || rows > 6;
	heading(c, &p, top, r);
	if (with_summary)
		summary(c, v, top + 1, r->cache);
	top += 1 + with_summary;
	rows -= 1 + with_summary;
	if (!r->cache->cpus_known && rows > 0)
		put_text(c, top, "by CPU: n/a; see doctor");
	else if (!r->cache->nr_cpus && rows > 0)
		put_text(c, top, "no events on any CPU yet");
	else
		cpu_rows(c, v, &p, top, rows, r->cache, pane);
}
