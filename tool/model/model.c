// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * model.c: subtracts one snapshot from the next. A sorted index matches sides and caches by
 * identity. CPUs are matched along two sorted lists. So the work grows linearly.
 */
#include "model/model.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/missing.h"
#include "system/symbols.h"

/* What stands for a cache or CPU that was not there before. */
static const struct snap_cpu no_cpu;
static const struct snap_cache no_cache;

/* ---- caches --------------------------------------------------------------------------- */

static int make_cpus(struct model_cache *m, const struct snap_cache *before,
		     const struct snap_cache *after)
{
	size_t b = 0;

	m->cpus_known = after->cpus_known;
	if (!after->cpus_known || !after->nr_cpus)
		return 0;
	m->cpu = malloc(after->nr_cpus * sizeof(*m->cpu)); /* the loop sets all of it */
	if (!m->cpu)
		return -ENOMEM;
	m->nr_cpus = after->nr_cpus;
	for (size_t i = 0; i < after->nr_cpus; i++) {
		const struct snap_cpu *now = &after->cpu[i], *then = &no_cpu;
		struct traffic *t = &m->cpu[i].traffic;

		while (b < before->nr_cpus && before->cpu[b].cpu < now->cpu)
			b++;
		if (b < before->nr_cpus && before->cpu[b].cpu == now->cpu)
			then = &before->cpu[b];
		m->cpu[i].cpu = now->cpu;
		traffic_between(t, after, then->count, now->count);
		traffic_doubt(t, then->doubtful, now->doubtful);
		if (m->traffic.doubtful)
			traffic_hide(t, after->counts_inferred & ~m->traffic.known);
		t->refill_ns = (struct latency){.count = 0};
		if (t->latency_known)
			t->refill_ns = latency_between_cpu(then->refill_ns, now->refill_ns);
	}
	return 0;
}

/* ---- callers -------------------------------------------------------------------------- */

/* Compares identities, not counts. */
static int caller_compare(const void *left, const void *right)
{
	const struct snap_caller *a = left, *b = right;

	if (a->pid != b->pid)
		return a->pid > b->pid ? 1 : -1;
	return memcmp(a->frame, b->frame, sizeof(a->frame));
}

/* Returns sorted copies of the callers of a cache, which the caller frees; NULL: no memory. */
static struct snap_caller *sorted_callers(const struct snap_cache *cache)
{
	struct snap_caller *copy = calloc(cache->nr_callers + 1, sizeof(*copy));

	if (copy && cache->nr_callers) {
		memcpy(copy, cache->caller, cache->nr_callers * sizeof(*copy));
		qsort(copy, cache->nr_callers, sizeof(*copy), caller_compare);
	}
	return copy;
}

static int busiest_first(const void *left, const void *right)
{
	const struct snap_caller *a = &((const struct model_caller *)left)->of;
	const struct snap_caller *b = &((const struct model_caller *)right)->of;

	if (a->refills != b->refills)
		return a->refills < b->refills ? 1 : -1;
	if (a->grows != b->grows)
		return a->grows < b->grows ? 1 : -1;
	return caller_compare(a, b);
}

/* Removes callers without refills or grows, computes shares, and keeps the busiest. */
static void rank_callers(struct model_cache *m)
{
	uint64_t refills = 0, grows = 0;
	size_t nr = 0;

	for (size_t i = 0; i < m->nr_callers; i++) {
		refills += m->caller[i].of.refills;
		grows += m->caller[i].of.grows;
		if (m->caller[i].of.refills || m->caller[i].of.grows)
			m->caller[nr++] = m->caller[i];
	}
	qsort(m->caller, nr, sizeof(*m->caller), busiest_first);
	m->nr_callers = nr < CALLERS_MAX ? nr : CALLERS_MAX;
	for (size_t i = 0; i < m->nr_callers; i++) {
		const struct snap_caller *c = &m->caller[i].of;

		m->caller[i].share = refills ? (double)c->refills / (double)refills
					     : (double)c->grows / (double)grows;
	}
}

static int make_callers(struct model_cache *m, const struct snap_cache *before,
			const struct snap_cache *after)
{
	struct snap_caller *old;

	m->callers_known = after->callers_known;
	if (!after->nr_callers)
		return 0;
	old = sorted_callers(before);
	m->caller = calloc(after->nr_callers, sizeof(*m->caller));
	if (!old || !m->caller) {
		free(old);
		return -ENOMEM;
	}
	m->nr_callers = after->nr_callers;
	for (size_t i = 0; i < m->nr_callers; i++) {
		struct snap_caller *now = &m->caller[i].of, *then;

		*now = after->caller[i];
		then = bsearch(now, old, before->nr_callers, sizeof(*old), caller_compare);
		/* A caller that was forgotten meanwhile has begun anew. */
		if (then && then->refills <= now->refills && then->grows <= now->grows) {
			now->refills -= then->refills;
			now->grows -= then->grows;
		}
	}
	free(old);
	rank_callers(m);
	return 0;
}

static int make_latency(struct model_cache *m, const struct snap_cache *before,
			const struct snap_cache *after)
{
	struct latency *l = &m->traffic.refill_ns;

	if (!after->latency_known || !after->refill_ns)
		return 0;
	m->refill_ns = malloc(sizeof(*m->refill_ns));
	if (!m->refill_ns)
		return -ENOMEM;
	*l = latency_between(before->refill_ns, after->refill_ns, m->refill_ns);
	if (!l->count) {
		free(m->refill_ns);
		m->refill_ns = NULL;
	}
	return 0;
}

/* before is empty where there was no such cache. */
static int make_cache(struct model_cache *m, const struct snap_cache *before,
		      const struct snap_cache *after)
{
	int err;

	m->id = after->id;
	memcpy(m->name, after->name, sizeof(m->name));
	m->name[sizeof(m->name) - 1] = 0;
	m->aliases_known = after->aliases_known;
	m->aliases = after->aliases ? strdup(after->aliases) : NULL;
	if (after->aliases && !m->aliases)
		return -ENOMEM;
	m->gauges_known = after->gauges_known;
	memcpy(m->gauge, after->gauge, sizeof(m->gauge));
	traffic_between(&m->traffic, after, before->total, after->total);
	traffic_doubt(&m->traffic, before->doubtful, after->doubtful);
	err = make_latency(m, before, after);
	if (!err)
		err = make_callers(m, before, after);
	return err ? err : make_cpus(m, before, after);
}

/* ---- sides ---------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct snap_cache *x = *(struct snap_cache *const *)a;
	const struct snap_cache *y = *(struct snap_cache *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Returns the caches of a side sorted by id, an array that the caller frees; NULL: no memory. */
static const struct snap_cache **index_caches(const struct snap_side *side)
{
	const struct snap_cache **index = calloc(side->nr_caches, sizeof(*index));

	for (size_t i = 0; index && i < side->nr_caches; i++)
		index[i] = &side->cache[i];
	if (index)
		qsort(index, side->nr_caches, sizeof(*index), by_id);
	return index;
}

static const struct snap_cache *find_cache(const struct snap_cache **index, size_t nr, uint64_t id)
{
	const struct snap_cache key = {.id = id}, *wanted = &key, **found;

	found = nr ? bsearch(&wanted, index, nr, sizeof(*index), by_id) : NULL;
	return found ? *found : &no_cache;
}

static void add_to_side(struct model_side *side, const struct model_cache *cache, uint64_t *rated)
{
	const uint32_t both = COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_HITS);
	bool idle = cache->traffic.known & COUNT_BIT(COUNT_ALLOCS) &&
		    !cache->traffic.count[COUNT_ALLOCS];

	side->traffic.known |= cache->traffic.known;
	side->traffic.inferred |= cache->traffic.inferred;
	side->traffic.latency_known |= cache->traffic.latency_known;
	for (int c = 0; c < COUNTS; c++) {
		side->traffic.count[c] += cache->traffic.count[c];
		side->left_out[c] += !idle && !(cache->traffic.known & COUNT_BIT(c));
	}
	if (cache->gauges_known & GAUGE_BIT(GAUGE_BYTES)) {
		side->bytes_known = true;
		side->bytes += cache->gauge[GAUGE_BYTES];
	}
	if ((cache->traffic.known & both) == both) {
		rated[0] += cache->traffic.count[COUNT_ALLOCS];
		rated[1] += cache->traffic.count[COUNT_HITS];
	}
}

static int make_caches(struct model_side *m, const struct snap_side *before,
		       const struct snap_side *after)
{
	size_t nr_before = before ? before->nr_caches : 0;
	const struct snap_cache **index = NULL;
	uint64_t rated[2] = {0, 0}; /* allocs and hits of those caches where both are known */
	struct hist sum = {0};
	int err = 0;

	if (nr_before && !(index = index_caches(before)))
		return -ENOMEM;
	for (size_t i = 0; i < after->nr_caches && !err; i++) {
		const struct snap_cache *now = &after->cache[i];

		err = make_cache(&m->cache[i], find_cache(index, nr_before, now->id), now);
		m->nr_caches++;
		if (m->cache[i].refill_ns)
			hist_add(&sum, m->cache[i].refill_ns);
		add_to_side(m, &m->cache[i], rated);
	}
	free(index);
	m->traffic.hit_rate = rated[0] ? fmin((double)rated[1] / (double)rated[0], 1) : NAN;
	m->traffic.refill_ns = latency_of(&sum);
	return err;
}

static const struct snap_side *find_side(const struct snapshot *s, const struct snap_side *like)
{
	for (size_t i = 0; i < s->nr_sides; i++)
		if (s->side[i].kind == like->kind && s->side[i].id == like->id)
			return &s->side[i];
	return NULL;
}

static int make_side(struct model *m, const struct snap_side *before, const struct snap_side *after)
{
	struct model_side *side;

	if (before && before->gone && after->gone)
		return 0; /* the interval in which it ended has shown it */
	side = &m->side[m->nr_sides++];
	side->kind = after->kind;
	side->id = after->id;
	side->pid = after->pid;
	memcpy(side->comm, after->comm, sizeof(side->comm));
	side->comm[sizeof(side->comm) - 1] = 0;
	side->gone = after->gone;
	side->replayed = after->replayed;
	side->traffic.hit_rate = NAN;
	if (!after->nr_caches)
		return 0;
	side->cache = calloc(after->nr_caches, sizeof(*side->cache));
	return side->cache ? make_caches(side, before, after) : -ENOMEM;
}

/* ---- the whole ------------------------------------------------------------------------ */

static void make_self(struct model *m, const struct snapshot *before, const struct snapshot *after)
{
	m->unpaired = traffic_grown(before->unpaired, after->unpaired);
	m->lost = traffic_grown(before->lost, after->lost);
	m->rss_bytes = after->rss_bytes;
	m->bpf_ns_known = after->bpf_ns_known;
	m->bpf_ns_per_event = after->bpf_ns_per_event;
	m->bpf_cpu_percent = after->bpf_cpu_percent;
	if (m->interval_s > 0)
		m->cpu_percent = (double)traffic_grown(before->self_cpu_ns, after->self_cpu_ns) /
				 1e7 / m->interval_s;
}

static int make_missing(struct model *m, const struct snapshot *s)
{
	/* One more: see add_doubts(). */
	m->missing = calloc(s->nr_missing + 1, sizeof(*m->missing));
	if (!m->missing)
		return -ENOMEM;
	if (s->nr_missing)
		memcpy(m->missing, s->missing, s->nr_missing * sizeof(*m->missing));
	m->nr_missing = s->nr_missing;
	return 0;
}

/* Adds an entry for the caches whose inferred refills are in doubt in this interval. */
static void add_doubts(struct model *m)
{
	char caches[32], names[384] = "";
	size_t nr = 0;

	for (size_t i = 0; i < m->nr_sides; i++)
		for (size_t j = 0; j < m->side[i].nr_caches; j++) {
			const struct model_cache *c = &m->side[i].cache[j];
			size_t used = strlen(names);

			if (!c->traffic.doubtful || c->traffic.known & COUNT_BIT(COUNT_REFILLS))
				continue;
			snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
				 c->name);
			nr++;
		}
	if (!nr && !m->nr_missing) {
		free(m->missing);
		m->missing = NULL;
	}
	if (!nr)
		return;
	snprintf(caches, sizeof(caches), "%zu cache%s", nr, nr == 1 ? "" : "s");
	missing_set(&m->missing[m->nr_missing++], MISSING_INFERRED, caches, names);
}

static int make_nodes(struct model *m, const struct snapshot *s)
{
	if (!s->nr_cpu_nodes)
		return 0;
	m->cpu_node = calloc(s->nr_cpu_nodes, sizeof(*m->cpu_node));
	if (!m->cpu_node)
		return -ENOMEM;
	memcpy(m->cpu_node, s->cpu_node, s->nr_cpu_nodes * sizeof(*m->cpu_node));
	m->nr_cpu_nodes = s->nr_cpu_nodes;
	return 0;
}

static int make_watch(struct model *m, const struct snapshot *s)
{
	m->watch = s->watch;
	m->watch.step = NULL;
	m->watch.nr = 0;
	if (!s->watch.nr)
		return 0;
	m->watch.step = calloc(s->watch.nr, sizeof(*m->watch.step));
	if (!m->watch.step)
		return -ENOMEM;
	memcpy(m->watch.step, s->watch.step, s->watch.nr * sizeof(*m->watch.step));
	m->watch.nr = s->watch.nr;
	return 0;
}

int model_make(struct model *m, const struct snapshot *before, const struct snapshot *after)
{
	int err;

	memset(m, 0, sizeof(*m));
	m->wall = after->wall;
	if (after->time_ns > before->time_ns)
		m->interval_s = (double)(after->time_ns - before->time_ns) / 1e9;
	memcpy(m->release, after->release, sizeof(m->release));
	memcpy(m->allocator, after->allocator, sizeof(m->allocator));
	memcpy(m->probes, after->probes, sizeof(m->probes));
	make_self(m, before, after);
	m->played = after->played;
	if (m->played.of_ns) /* the time of a recording is not that of slabscope */
		m->cpu_percent = NAN;
	m->callers = after->callers;
	m->symbols = symbols_hold(after->symbols);
	err = make_missing(m, after);
	if (!err)
		err = make_nodes(m, after);
	if (!err && after != before) /* else the steps would be reported twice */
		err = make_watch(m, after);
	if (!err && after->nr_sides) {
		m->side = calloc(after->nr_sides, sizeof(*m->side));
		err = m->side ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < after->nr_sides && !err; i++)
		err = make_side(m, find_side(before, &after->side[i]), &after->side[i]);
	if (!err)
		add_doubts(m);
	if (err)
		model_free(m);
	return err;
}

static void free_cache(struct model_cache *c)
{
	free(c->refill_ns);
	free(c->cpu);
	free(c->caller);
	free(c->aliases);
}

int model_node(const struct model *m, uint32_t cpu)
{
	return cpu < m->nr_cpu_nodes ? m->cpu_node[cpu] : -1;
}

void model_free(struct model *m)
{
	for (size_t i = 0; i < m->nr_sides; i++) {
		for (size_t j = 0; j < m->side[i].nr_caches; j++)
			free_cache(&m->side[i].cache[j]);
		free(m->side[i].cache);
	}
	free(m->side);
	free(m->missing);
	free(m->cpu_node);
	symbols_drop(m->symbols);
	free(m->watch.step);
	memset(m, 0, sizeof(*m));
}
