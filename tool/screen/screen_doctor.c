// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screen_doctor.c: which values of the kernel and of the reference are available, and why not. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "screen/pager.h"
#include "screen/screens.h"

#define TERM 16

/* The values that at least one cache of a side has. */
struct known {
	bool there, latency, cpus;
	uint32_t inferred; /* of counts */
	uint32_t counts, gauges;
};

static struct known known_of(const struct model *m, enum side_kind kind)
{
	struct known k = {0};

	for (size_t i = 0; i < m->nr_sides; i++) {
		const struct model_side *side = &m->side[i];

		if (side->kind != kind)
			continue;
		k.there = true;
		for (size_t j = 0; j < side->nr_caches; j++) {
			k.counts |= side->cache[j].traffic.known;
			k.gauges |= side->cache[j].gauges_known;
			k.inferred |= side->cache[j].traffic.inferred;
			k.latency |= side->cache[j].traffic.latency_known;
			k.cpus |= side->cache[j].cpus_known;
		}
	}
	return k;
}

/* Lists the names of known values, or of unknown ones, with "~" before inferred ones. */
static void list_names(const struct known *k, bool wanted, char *text, size_t size)
{
	FILE *to = fmemopen(text, size, "w");
	bool origins = k->counts >> COUNT_ORIGIN;
	const char *comma = "";

	text[0] = 0;
	if (!to)
		return;
	for (int i = 0; i < COUNT_ORIGIN; i++)
		if (!!(k->counts & COUNT_BIT(i)) == wanted) {
			fprintf(to, "%s%s%s", comma, k->inferred & COUNT_BIT(i) ? "~" : "",
				count_names[i]);
			comma = ", ";
		}
	if (origins == wanted) {
		fprintf(to, "%sorigins", comma);
		comma = ", ";
	}
	if (k->latency == wanted) {
		fprintf(to, "%slatencies", comma);
		comma = ", ";
	}
	if (k->cpus == wanted) {
		fprintf(to, "%sCPUs", comma);
		comma = ", ";
	}
	for (int i = 0; i < GAUGES; i++)
		if (!!(k->gauges & GAUGE_BIT(i)) == wanted) {
			fprintf(to, "%s%s", comma, gauge_names[i]);
			comma = ", ";
		}
	fprintf(to, "%s", comma[0] ? "" : "nothing");
	fclose(to);
	text[size - 1] = 0;
	for (char *p = text; *p; p++)
		if (*p == '_')
			*p = ' ';
}

static void page_side(struct pager *p, const struct view *v, enum side_kind kind)
{
	struct known k = known_of(v->model, kind);
	char text[512];

	pager_put(p, NULL,
		  kind == SIDE_KERNEL ? "Caches of the kernel" : "Caches of the reference");
	if (!k.there) {
		pager_put(p, "  not observed",
			  kind == SIDE_KERNEL ? "see below"
					      : "no process with libslab is running or recorded");
	} else {
		list_names(&k, true, text, sizeof(text));
		pager_put(p, "  seen", text);
		list_names(&k, false, text, sizeof(text));
		pager_put(p, "  n/a", text);
	}
	pager_put(p, NULL, NULL);
}

static void fill(struct pager *p, const struct view *v)
{
	const struct model *m = v->model;
	char text[192], cost[24] = "n/a";

	if (!isnan(m->cpu_percent))
		snprintf(cost, sizeof(cost), "%.1f",
			 m->cpu_percent + (m->bpf_ns_known ? m->bpf_cpu_percent : 0));
	snprintf(text, sizeof(text), "%s, allocator %s, probes %s", m->release,
		 m->allocator[0] ? m->allocator : "n/a", m->probes[0] ? m->probes : "n/a");
	pager_put(p, "kernel", text);
	snprintf(text, sizeof(text),
		 "%s %% of a CPU, %s of memory, %s ns an event; %s events lost, %s "
		 "refills half seen",
		 cost, unit_bytes((double)m->rss_bytes).text,
		 m->bpf_ns_known ? unit_count(m->bpf_ns_per_event).text : "n/a",
		 unit_count((double)m->lost).text, unit_count((double)m->unpaired).text);
	pager_put(p, "own cost", text);
	pager_put(p, NULL, NULL);
	page_side(p, v, SIDE_KERNEL);
	page_side(p, v, SIDE_REFERENCE);
	if (!m->nr_missing) {
		pager_put(p, NULL, "Nothing is missing.");
		return;
	}
	pager_put(p, NULL, "What is missing, why, and what to do:");
	for (size_t i = 0; i < m->nr_missing; i++) {
		pager_put(p, NULL, NULL);
		pager_put(p, "  what", m->missing[i].what);
		pager_put(p, "  why", m->missing[i].why);
		if (m->missing[i].remedy[0])
			pager_put(p, "  to do", m->missing[i].remedy);
	}
	pager_put(p, NULL, NULL);
	pager_put(p, NULL, "'slabscope doctor' shows more: each attempt and its result.");
}

static void draw(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	(void)r;
	pager_draw(c, v, top, rows, c->cols < 60 ? 9 : TERM, fill);
}

#define BATCH_ROWS 400

static int batch(struct cells *c, struct view *v, int row)
{
	draw(c, v, row, BATCH_ROWS, NULL);
	return row + BATCH_ROWS;
}

const struct screen screen_doctor = {
	.name = "doctor",
	.title = "Doctor",
	.what = "what can be seen here, what not, and why",
	.letter = 'D',
	.live = true,
	.draw = draw,
	.move = pager_move,
	.batch = batch,
	.batch_rows = BATCH_ROWS,
};
