// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * json.c: schema "slabscope.top/1". Counts are those of the interval, latencies are in nanoseconds.
 * Unknown values are null, and so are a hit rate without allocs and percentiles without refills.
 * CPUs without events are left out.
 *
 * The _new calls of jansson take over their value; with NULL they fail. Therefore put() and
 * append() check all, and remember a failure.
 */
#include "report/json.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_number.h"
#include "screen/screen.h"
#include "system/symbols.h"

/* Sets a key; a failure is remembered in *bad. */
static void put(json_t *object, const char *key, json_t *value, bool *bad)
{
	if (json_object_set_new(object, key, value))
		*bad = true;
}

static void append(json_t *array, json_t *value, bool *bad)
{
	if (json_array_append_new(array, value))
		*bad = true;
}

/* Returns text as JSON; bytes that are not UTF-8 become '?'. */
static json_t *string(const char *text)
{
	json_t *s = json_string(text);
	char clean[256];
	size_t i;

	if (s)
		return s;
	for (i = 0; i < sizeof(clean) - 1 && text[i]; i++)
		clean[i] = (char)((unsigned char)text[i] < 0x80 ? text[i] : '?');
	clean[i] = 0;
	return json_string(clean);
}

static json_t *string_or_null(const char *text)
{
	return text[0] ? string(text) : json_null();
}

static json_t *count(const struct traffic *t, int c)
{
	return json_number_count(t->count[c], t->known & COUNT_BIT(c));
}

static json_t *latency(const struct traffic *t, bool *bad)
{
	const struct latency *l = &t->refill_ns;
	json_t *o;

	if (!t->latency_known)
		return json_null();
	o = json_object();
	put(o, "count", json_number_count(l->count, true), bad);
	put(o, "p50", json_number_rounded(l->count ? l->p50 : NAN, 1000), bad);
	put(o, "p90", json_number_rounded(l->count ? l->p90 : NAN, 1000), bad);
	put(o, "p99", json_number_rounded(l->count ? l->p99 : NAN, 1000), bad);
	put(o, "p999", json_number_rounded(l->count ? l->p999 : NAN, 1000), bad);
	put(o, "max", json_number_count(l->max, l->count), bad);
	return o;
}

static json_t *cpu(const struct model_cpu *c, bool *bad)
{
	static const int counts[] = {COUNT_ALLOCS, COUNT_FREES, COUNT_HITS};
	json_t *o = json_object();

	put(o, "cpu", json_integer(c->cpu), bad);
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		put(o, count_names[counts[i]], count(&c->traffic, counts[i]), bad);
	put(o, "hit_rate", json_number_rounded(c->traffic.hit_rate, 1e6), bad);
	put(o, "refills", count(&c->traffic, COUNT_REFILLS), bad);
	put(o, "refill_ns", latency(&c->traffic, bad), bad);
	return o;
}

static json_t *cpus(const struct model_cache *c, bool *bad)
{
	json_t *list;

	if (!c->cpus_known)
		return json_null();
	list = json_array();
	for (size_t i = 0; i < c->nr_cpus; i++)
		if (traffic_active(&c->cpu[i].traffic))
			append(list, cpu(&c->cpu[i], bad), bad);
	return list;
}

static json_t *origins(const struct traffic *t, bool *bad)
{
	json_t *o = json_object();

	for (int i = 0; i < ORIGINS; i++)
		put(o, origin_rows[i].key, count(t, COUNT_ORIGIN + i), bad);
	return o;
}

static json_t *aliases(const struct model_cache *c, bool *bad)
{
	const char *at = c->aliases ? c->aliases : "";
	json_t *list;
	char name[64];

	if (!c->aliases_known)
		return json_null();
	list = json_array();
	while (*at) {
		size_t length = strcspn(at, "\n");

		snprintf(name, sizeof(name), "%.*s", (int)length, at);
		append(list, string(name), bad);
		at += length + (at[length] == '\n');
	}
	return list;
}

static json_t *stack(const struct model *m, const struct snap_caller *c, bool *bad)
{
	json_t *list = json_array();
	char text[128];

	for (uint32_t i = 0; i < c->nr_frames; i++)
		append(list, string(symbols_text(m->symbols, c->frame[i], text, sizeof(text))),
		       bad);
	return list;
}

static json_t *callers(const struct model *m, const struct model_cache *c, bool *bad)
{
	json_t *list;

	if (!c->callers_known)
		return json_null();
	list = json_array();
	for (size_t i = 0; i < c->nr_callers; i++) {
		const struct model_caller *caller = &c->caller[i];
		json_t *o = json_object();

		put(o, "comm", string(caller->of.comm), bad);
		put(o, "pid", json_integer(caller->of.pid), bad);
		put(o, "refills", json_number_count(caller->of.refills, true), bad);
		put(o, "grows", json_number_count(caller->of.grows, true), bad);
		put(o, "share", json_number_rounded(caller->share, 1e6), bad);
		put(o, "stack", stack(m, &caller->of, bad), bad);
		append(list, o, bad);
	}
	return list;
}

/* Returns the histogram of the interval: the upper bound and the count of each used bucket. */
static json_t *buckets(const struct model_cache *c, bool *bad)
{
	json_t *list;

	if (!c->traffic.latency_known)
		return json_null();
	list = json_array();
	for (int i = 0; c->refill_ns && i < HIST_BUCKETS; i++) {
		json_t *pair;

		if (!c->refill_ns->bucket[i])
			continue;
		pair = json_array();
		append(pair, json_number_rounded(exp2(i / 8.0), 1000), bad);
		append(pair, json_number_count(c->refill_ns->bucket[i], true), bad);
		append(list, pair, bad);
	}
	return list;
}

static json_t *cache(const struct model *m, const struct model_cache *c, bool *bad)
{
	json_t *o = json_object();

	put(o, "name", string(c->name), bad);
	put(o, "aliases", aliases(c, bad), bad);
	for (int g = 0; g < GAUGES; g++)
		put(o, gauge_names[g],
		    json_number_count(c->gauge[g], c->gauges_known & GAUGE_BIT(g)), bad);
	for (int i = 0; i < COUNT_ORIGIN; i++) {
		put(o, count_names[i], count(&c->traffic, i), bad);
		if (i == COUNT_HITS)
			put(o, "hit_rate", json_number_rounded(c->traffic.hit_rate, 1e6), bad);
	}
	put(o, "doubtful",
	    json_number_count(c->traffic.doubtful, c->traffic.inferred || c->traffic.doubtful),
	    bad);
	put(o, "origins", origins(&c->traffic, bad), bad);
	put(o, "refill_ns", latency(&c->traffic, bad), bad);
	put(o, "refill_buckets", buckets(c, bad), bad);
	put(o, "cpus", cpus(c, bad), bad);
	if (m->callers)
		put(o, "callers", callers(m, c, bad), bad);
	return o;
}

static json_t *caches(const struct model *m, const struct model_side *s, bool *bad)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nr_caches; i++)
		append(list, cache(m, &s->cache[i], bad), bad);
	return list;
}

static json_t *missing(const struct model *m, bool *bad)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->nr_missing; i++) {
		json_t *o = json_object();

		put(o, "what", string(m->missing[i].what), bad);
		put(o, "why", string(m->missing[i].why), bad);
		put(o, "remedy", string_or_null(m->missing[i].remedy), bad);
		append(list, o, bad);
	}
	return list;
}

/* Returns the names of the counts that are inferred. */
static json_t *inferred(const struct model_side *s, bool *bad)
{
	json_t *list = json_array();

	for (int i = 0; s && i < COUNT_ORIGIN; i++)
		if (s->traffic.inferred & COUNT_BIT(i))
			append(list, json_string(count_names[i]), bad);
	return list;
}

static json_t *kernel(const struct model *m, bool *bad)
{
	json_t *o = json_object();
	const struct model_side *side = NULL;

	put(o, "release", string_or_null(m->release), bad);
	put(o, "allocator", string_or_null(m->allocator), bad);
	put(o, "probes", string_or_null(m->probes), bad);
	put(o, "missing", missing(m, bad), bad);
	for (size_t i = 0; i < m->nr_sides && !side; i++)
		if (m->side[i].kind == SIDE_KERNEL)
			side = &m->side[i];
	put(o, "inferred", inferred(side, bad), bad);
	put(o, "caches", side ? caches(m, side, bad) : json_array(), bad);
	return o;
}

static json_t *references(const struct model *m, bool *bad)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->nr_sides; i++) {
		json_t *o;

		if (m->side[i].kind != SIDE_REFERENCE)
			continue;
		o = json_object();
		put(o, "pid", json_integer(m->side[i].pid), bad);
		put(o, "comm", string(m->side[i].comm), bad);
		put(o, "caches", caches(m, &m->side[i], bad), bad);
		append(list, o, bad);
	}
	return list;
}

static json_t *self(const struct model *m, bool *bad)
{
	json_t *o = json_object();

	put(o, "cpu_percent", json_number_rounded(m->cpu_percent, 1000), bad);
	put(o, "rss_bytes", json_number_count(m->rss_bytes, true), bad);
	put(o, "bpf_ns_per_event",
	    json_number_rounded(m->bpf_ns_known ? m->bpf_ns_per_event : NAN, 1000), bad);
	put(o, "bpf_cpu_percent",
	    json_number_rounded(m->bpf_ns_known ? m->bpf_cpu_percent : NAN, 1000), bad);
	put(o, "unpaired", json_number_count(m->unpaired, true), bad);
	put(o, "lost", json_number_count(m->lost, true), bad);
	return o;
}

static json_t *recording(const struct model *m, bool *bad)
{
	json_t *o = json_object();

	put(o, "at_s", json_number_rounded((double)m->played.at_ns / 1e9, 1e9), bad);
	put(o, "of_s", json_number_rounded((double)m->played.of_ns / 1e9, 1e9), bad);
	return o;
}

static json_t *round_object(const struct model *m, bool *bad)
{
	json_t *o = json_object();

	put(o, "schema", json_string("slabscope.top/1"), bad);
	put(o, "time", json_number_rounded(m->wall, 1e6), bad);
	put(o, "interval_s", json_number_rounded(m->interval_s, 1e6), bad);
	if (m->played.of_ns)
		put(o, "recording", recording(m, bad), bad);
	put(o, "self", self(m, bad), bad);
	put(o, "kernel", kernel(m, bad), bad);
	put(o, "reference", references(m, bad), bad);
	return o;
}

char *json_line(const struct model *m, const struct view *v, size_t *length)
{
	bool bad = false;
	json_t *o = round_object(m, &bad);
	char *text, *line;

	if (v && v->ui->screen->json)
		bad |= v->ui->screen->json(o, v) != 0;
	text = bad ? NULL : json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(o);
	if (!text)
		return NULL;
	*length = strlen(text) + 1;
	line = realloc(text, *length + 1);
	if (!line) {
		free(text);
		return NULL;
	}
	memcpy(line + *length - 1, "\n", 2);
	return line;
}
