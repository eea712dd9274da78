// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* csv.c: the table by RFC 4180, but with line feeds alone as line ends. */
#include "report/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_heading(FILE *to)
{
	fprintf(to, "time,interval_s,side,pid,comm,name");
	for (int g = 0; g < GAUGES; g++)
		fprintf(to, ",%s", gauge_names[g]);
	for (int i = 0; i < COUNT_ORIGIN; i++)
		fprintf(to, ",%s", count_names[i]);
	fprintf(to, ",hit_rate");
	for (int i = 0; i < ORIGINS; i++)
		fprintf(to, ",origin_%s", origin_rows[i].key);
	fprintf(to, ",refill_ns_count,refill_ns_p50,refill_ns_p90,refill_ns_p99,refill_ns_p999,"
		    "refill_ns_max\n");
}

/* Writes a field, quoted if necessary. */
static void put_text(FILE *to, const char *text)
{
	if (!strpbrk(text, ",\"\n\r")) {
		fprintf(to, ",%s", text);
		return;
	}
	fputs(",\"", to);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', to);
		fputc(*text, to);
	}
	fputc('"', to);
}

static void put_count(FILE *to, const struct traffic *t, int c)
{
	if (t->known & COUNT_BIT(c))
		fprintf(to, ",%" PRIu64, t->count[c]);
	else
		fputc(',', to);
}

static void put_latency(FILE *to, const struct traffic *t)
{
	const struct latency *l = &t->refill_ns;

	if (!t->latency_known)
		fprintf(to, ",,,,,,");
	else if (!l->count)
		fprintf(to, ",0,,,,,");
	else
		fprintf(to, ",%" PRIu64 ",%.3f,%.3f,%.3f,%.3f,%" PRIu64, l->count, l->p50, l->p90,
			l->p99, l->p999, l->max);
}

static void put_cache(FILE *to, const struct model *m, const struct model_side *side,
		      const struct model_cache *c)
{
	const struct traffic *t = &c->traffic;

	fprintf(to, "%.6f,%.6f,%s", m->wall, m->interval_s,
		side->kind == SIDE_KERNEL ? "kernel,," : "reference");
	if (side->kind == SIDE_REFERENCE) {
		fprintf(to, ",%d", side->pid);
		put_text(to, side->comm);
	}
	put_text(to, c->name);
	for (int g = 0; g < GAUGES; g++) {
		if (c->gauges_known & GAUGE_BIT(g))
			fprintf(to, ",%" PRIu64, c->gauge[g]);
		else
			fputc(',', to);
	}
	for (int i = 0; i < COUNT_ORIGIN; i++)
		put_count(to, t, i);
	if (isfinite(t->hit_rate))
		fprintf(to, ",%.6f", t->hit_rate);
	else
		fputc(',', to);
	for (int i = 0; i < ORIGINS; i++)
		put_count(to, t, COUNT_ORIGIN + i);
	put_latency(to, t);
	fputc('\n', to);
}

char *csv_text(const struct model *m, bool heading, size_t *length)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, length);
	bool bad;

	if (!to)
		return NULL;
	if (heading)
		put_heading(to);
	for (size_t i = 0; i < m->nr_sides; i++)
		for (size_t j = 0; j < m->side[i].nr_caches; j++)
			put_cache(to, m, &m->side[i], &m->side[i].cache[j]);
	bad = ferror(to);
	bad |= fclose(to) != 0;
	if (bad) {
		free(text);
		return NULL;
	}
	return text;
}
