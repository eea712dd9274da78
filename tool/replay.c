// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * replay.c: what each event does to the virtual caches. Objects are found by the address that they had in
 * their process; that the same address was given out twice, or freed without having been given out, is
 * what a recording looks like that did not see everything.
 */
#include "replay.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inference.h"
#include "replay_session.h"
#include "slab.h"

#define SAMPLE	       256	  /* events of a cache from one look at its arrays to the next */

/* ---- what libslab counted -------------------------------------------------------------------- */

struct replay_counts replay_counted(const struct kmem_cache *kmem, unsigned cpu)
{
	const struct slab_registry_cpu *b = slab_virtual_cpu(kmem, (int)cpu);
	const struct slab_cpu_counters *c = &b->counters;
	struct replay_counts to = {
		.hits = b->state >> 16,
		.refills = c->refills,
		.bypasses = c->bypasses,
		.failed = c->origins[SLAB_ORIGIN_FAILED],
		.frees = c->slow_frees + (b->state & 0xffff) + (b->state >> 16) + c->taken - c->pushed,
		.flushes = c->flushes,
		.grows = c->grows,
		.slab_frees = c->slab_frees,
		.list_moves = c->list_moves,
	};

	_Static_assert(SLAB_ORIGINS == REPLAY_ORIGINS, "the same origins");
	to.allocs = to.hits + to.refills + to.bypasses;
	memcpy(to.origins, c->origins, sizeof(to.origins));
	return to;
}

#define COUNTS (sizeof(struct replay_counts) / sizeof(uint64_t))

void replay_counts_add(struct replay_counts *to, const struct replay_counts *c, int sign)
{
	for (size_t i = 0; i < COUNTS; i++)
		((uint64_t *)to)[i] += (uint64_t)sign * ((const uint64_t *)c)[i];
}

/* What happens between the two is no part of the recording. */
static struct replay_counts setup_begin(const struct player *p, unsigned cpu)
{
	return replay_counted(p->kmem, cpu);
}

static void setup_end(struct player *p, unsigned cpu, const struct replay_counts *was)
{
	struct replay_counts now = replay_counted(p->kmem, cpu);

	replay_counts_add(&p->setup[cpu], &now, 1);
	replay_counts_add(&p->setup[cpu], was, -1);
}

/* ---- objects ---------------------------------------------------------------------------------- */

static void look_at_arrays(struct player *p)
{
	uint64_t idle = 0;

	for (unsigned cpu = 0; cpu < p->cpus_seen; cpu++)
		idle += slab_virtual_cpu(p->kmem, (int)cpu)->state & 0xffff;
	p->idle_sum += idle;
	p->idle_samples++;
	if (idle > p->idle_peak)
		p->idle_peak = idle;
}

static inline void tick(struct player *p, unsigned cpu)
{
	if (cpu >= p->cpus_seen)
		p->cpus_seen = cpu + 1;
	if (p->ticks++ % SAMPLE == 0)
		look_at_arrays(p);
}

static inline void note_peak(struct player *p)
{
	const struct slab_registry_gauges *g = p->gauges;
	uint64_t slabs = g->slabs_full + g->slabs_partial + g->slabs_free;

	if (slabs > p->slabs_peak) {
		p->slabs_peak = slabs;
		p->used_peak = p->result.live + p->before.nr;
	}
}

static struct player *player_of(struct session *s, const void *object)
{
	const struct kmem_cache *kmem = slab_virtual_cache(object);

	for (unsigned i = 0; i < s->nr; i++)
		if (s->all[i]->kmem == kmem)
			return s->all[i];
	return NULL;
}

static void unlive(struct session *s, struct player *p)
{
	p->result.live--;
	s->live--;
}

/* It was freed when nobody looked: most likely where its memory is given out again. */
static void close_unseen(struct session *s, struct player *p, void *object, unsigned cpu)
{
	struct player *owner = slab_virtual_cache(object) == p->kmem ? p : player_of(s, object);

	if (!owner)
		return;
	slab_virtual_free(owner->kmem, object, (int)(cpu < owner->result.cpus ? cpu : 0));
	owner->result.freed_unseen++;
	unlive(s, owner);
}

static void *alloc_as_recorded(struct player *p, const struct trace_event *e)
{
	if (e->id == TRACE_ALLOC_BYPASS)
		return slab_virtual_bypass(p->kmem, 0, (int)e->cpu,
					   e->value[ALLOC_NODE] < p->result.nodes ?
						   (int)e->value[ALLOC_NODE] : 0);
	return slab_virtual_alloc(p->kmem, 0, (int)e->cpu);
}

static void play_alloc(struct session *s, struct player *p, const struct trace_event *e)
{
	uint64_t address = e->value[ALLOC_OBJECT];
	void *object = replay_map_take(&p->domain->map, address);

	if (object)
		close_unseen(s, p, object, e->cpu);
	object = alloc_as_recorded(p, e);
	if (!object)
		return;
	if (replay_map_put(&p->domain->map, address, object)) {
		slab_virtual_free(p->kmem, object, (int)e->cpu);
		s->no_memory = true;
		return;
	}
	p->result.live++;
	if (++s->live > s->peak_live)
		s->peak_live = s->live;
	note_peak(p);
	tick(p, e->cpu);
}

static void play_free(struct session *s, struct player *p, const struct trace_event *e)
{
	void *object = replay_map_take(&p->domain->map, e->value[FREE_OBJECT]);

	if (object && slab_virtual_cache(object) != p->kmem) {
		close_unseen(s, p, object, e->cpu);
		object = NULL;
	}
	if (object) {
		unlive(s, p);
	} else {
		struct replay_counts was = setup_begin(p, e->cpu);

		object = replay_state_take(&p->before, p->kmem, (int)e->cpu, e->value[FREE_OBJECT]);
		setup_end(p, e->cpu, &was);
		p->result.live_before++;
		if (!object)
			return;
	}
	slab_virtual_free(p->kmem, object, (int)e->cpu);
	tick(p, e->cpu);
}

/* ---- everything else -------------------------------------------------------------------------- */

static void play_state(const struct session *s, struct player *p, const struct trace_event *e)
{
	unsigned cpu = e->cpu;
	struct replay_counts was;

	if (cpu == TRACE_NO_CPU) {
		for (cpu = 0; cpu < p->result.cpus; cpu++)
			if (s->node[cpu] == e->value[NODE_NODE])
				break;
		if (cpu == p->result.cpus)
			return;
	}
	was = setup_begin(p, cpu);
	replay_state_make(&p->before, p->kmem, (int)cpu, e, replay_tunes(s->settings));
	setup_end(p, cpu, &was);
}

static void play_tune(const struct session *s, struct player *p, const struct trace_event *e)
{
	struct slab_topology t = {
		.limit = at_most(e->value[TUNE_LIMIT], 1024),
		.batchcount = at_most(e->value[TUNE_BATCHCOUNT], 1024),
		.sharedfactor = at_most(e->value[TUNE_SHAREDFACTOR], 1024),
	};

	replay_set_tunables(s->settings, &t);
	kmem_cache_tune(p->kmem, t.limit, t.batchcount, t.sharedfactor);
}

/* libslab's: an event a node, and one pass for all of them. */
static void play_reap(struct player *p, const struct trace_event *e)
{
	if (p->result.pid && !e->value[REAP_NODE])
		slab_virtual_reap(p->kmem);
	else if (p->result.pid)
		return;
	else if (e->cpu != TRACE_NO_CPU)
		slab_virtual_reap_cpu(p->kmem, (int)e->cpu);
	else if (e->value[REAP_NODE] < p->result.nodes)
		slab_virtual_reap_node(p->kmem, (int)e->value[REAP_NODE]);
}

static void play(struct session *s, struct player *p, const struct trace_event *e)
{
	switch (e->id) {
	case TRACE_ALLOC_HIT:
	case TRACE_ALLOC_REFILL:
	case TRACE_ALLOC_BYPASS:
	case TRACE_ALLOC:
		play_alloc(s, p, e);
		break;
	case TRACE_FREE:
		play_free(s, p, e);
		break;
	case TRACE_NODE_STATE:
	case TRACE_NODE_AGEING:
	case TRACE_ARRAY_OBJECTS:
	case TRACE_ARRAY_STATE:
		play_state(s, p, e);
		break;
	case TRACE_REAP:
		play_reap(p, e);
		break;
	case TRACE_SHRINK:
	case TRACE_CACHE_DESTROY:
		kmem_cache_shrink(p->kmem);
		break;
	case TRACE_TUNE:
		play_tune(s, p, e);
		break;
	}
}

/* What the recording itself says, beside what comes of it. */
static void count(struct replay_counts *c, const struct trace_event *e)
{
	switch (e->id) {
	case TRACE_ALLOC_HIT:
		c->hits++;
		c->allocs++;
		break;
	case TRACE_ALLOC_BYPASS:
		c->bypasses++;
		c->allocs++;
		break;
	case TRACE_ALLOC_REFILL:
	case TRACE_ALLOC:
		c->allocs++;
		break;
	case TRACE_ALLOC_FAILED:
		c->failed++;
		break;
	case TRACE_FREE:
		c->frees++;
		break;
	case TRACE_REFILL:
		if (e->value[REFILL_ORIGIN] != SLAB_ORIGIN_FAILED)
			c->refills++;
		if (e->value[REFILL_ORIGIN] < REPLAY_ORIGINS)
			c->origins[e->value[REFILL_ORIGIN]]++;
		break;
	case TRACE_FLUSH:
		c->flushes++;
		break;
	case TRACE_GROW:
		c->grows++;
		break;
	case TRACE_LIST_MOVE:
		c->list_moves++;
		break;
	case TRACE_SLAB_DESTROY:
		c->slab_frees++;
		break;
	}
}

const struct replay_known replay_all_known = {
	.served = true, .origins = true, .flushes = true, .grows = true, .slab_frees = true, .list_moves = true,
};

/* The kernel shows what could be attached to, or inferred, when it was recorded. */
static void note_known(struct session *s, struct replay_cache *c, const struct trace_event *e)
{
	switch (e->id) {
	case TRACE_ALLOC_HIT:
	case TRACE_ALLOC_REFILL:
	case TRACE_ALLOC_BYPASS:
		s->kernel.served = true;
		break;
	case TRACE_FLUSH:
		s->kernel.flushes = true;
		break;
	case TRACE_GROW:
		s->kernel.grows = true;
		break;
	case TRACE_SLAB_DESTROY:
		s->kernel.slab_frees = true;
		break;
	case TRACE_INFERRED:
		c->known.inferred = true;
		c->doubtful = e->value[INFERRED_DOUBTFUL];
		break;
	}
}

static void take(struct session *s, const struct trace_event *e)
{
	struct player *p;
	bool on_cpu = e->cpu != TRACE_NO_CPU;

	if (e->id == TRACE_CACHE) {
		replay_cache_comes(s, e);
		return;
	}
	if (e->id == TRACE_FLAGS)
		return;
	p = s->number[e->value[TRACE_F_CACHE]];
	if (!p) {
		s->nonsense += !s->settings->caches;
		return;
	}
	if (on_cpu ? e->cpu >= p->result.cpus : trace_needs_cpu(e->id)) {
		s->nonsense++;
		return;
	}
	count(&p->result.cpu_recorded[on_cpu ? e->cpu : 0], e);
	if (!p->result.known.list_moves)
		note_known(s, &p->result, e);
	if (p->kmem)
		play(s, p, e);
}

/* ---- the end ---------------------------------------------------------------------------------- */

void replay_derive_hits(const struct player *p, struct replay_counts *c)
{
	if (!p->result.known.list_moves)
		c->hits = c->allocs > c->refills + c->bypasses ? c->allocs - c->refills - c->bypasses : 0;
}

/* Where the kernel shows how it serves, it shows the rest, too; unless that was not seen, but inferred. */
static void conclude_known(const struct session *s, struct replay_cache *c)
{
	struct replay_known *known = &c->known;
	bool seen = s->kernel.served && !known->inferred;

	if (known->list_moves)
		return;
	known->served = s->kernel.served && (seen || inference_holds(c->doubtful, c->recorded.refills));
	known->origins = seen;
	known->flushes = seen || s->kernel.flushes;
	known->grows = seen || s->kernel.grows;
	known->slab_frees = seen || s->kernel.slab_frees;
}

static void conclude(const struct session *s, struct player *p)
{
	struct replay_cache *c = &p->result;
	struct slab_virtual_layout layout;

	for (unsigned cpu = 0; cpu < c->cpus && c->cpu_recorded; cpu++) {
		replay_derive_hits(p, &c->cpu_recorded[cpu]);
		replay_counts_add(&c->recorded, &c->cpu_recorded[cpu], 1);
	}
	conclude_known(s, c);
	if (!p->kmem)
		return;
	look_at_arrays(p);
	for (unsigned cpu = 0; cpu < c->cpus; cpu++) {
		c->cpu_replayed[cpu] = replay_counted(p->kmem, cpu);
		replay_counts_add(&c->cpu_replayed[cpu], &p->setup[cpu], -1);
		replay_counts_add(&c->replayed_counts, &c->cpu_replayed[cpu], 1);
	}
	layout = slab_virtual_layout(p->kmem);
	c->limit = layout.limit;
	c->batchcount = layout.batchcount;
	c->sharedfactor = layout.sharedfactor;
	c->peak_bytes = p->slabs_peak * c->slab_bytes;
	c->peak_used = p->used_peak * c->object_size;
	c->idle_mean = (double)p->idle_sum / (double)p->idle_samples;
	c->idle_peak = p->idle_peak;
}

static void end_domain(struct domain *d)
{
	size_t from = 0;
	void *object;

	while ((object = replay_map_take_any(&d->map, &from)))
		slab_virtual_free(slab_virtual_cache(object), object, 0);
	replay_map_free(&d->map);
	free(d);
}

static void end_player(struct player *p, struct replay_cache *to)
{
	void *object;

	*to = p->result;
	while ((object = replay_state_end(&p->before)))
		slab_virtual_free(p->kmem, object, 0);
	kmem_cache_destroy(p->kmem);
	free(p->setup);
	free(p->sum);
	free(p);
}

/* Hands the results over, and gives everything else back. */
static int end_session(struct session *s, struct replay *to)
{
	to->cache = calloc(s->nr + 1, sizeof(*to->cache));
	for (unsigned i = 0; i < s->nr; i++)
		conclude(s, s->all[i]);
	to->nonsense = s->nonsense;
	to->peak_live = s->peak_live;
	to->processes = s->nr_domains;
	for (unsigned i = 0; i < s->nr_domains; i++) {
		to->map_bytes += replay_map_bytes(&s->domain[i]->map);
		end_domain(s->domain[i]);
	}
	for (unsigned i = 0; i < s->nr; i++) {
		struct replay_cache lost;

		end_player(s->all[i], to->cache ? &to->cache[i] : &lost);
	}
	to->nr_caches = to->cache ? s->nr : 0;
	free(s->domain);
	free(s->all);
	return to->cache && !s->no_memory ? 0 : -ENOMEM;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* As many as the CPUs that did anything are of. */
static unsigned count_nodes(const struct session *s)
{
	unsigned nodes = 1;

	for (unsigned cpu = 0; cpu < SLAB_VIRTUAL_CPUS; cpu++)
		if (s->node[cpu] >= nodes)
			nodes = s->node[cpu] + 1u;
	return nodes;
}

int replay_run(struct trace_reader *r, const struct replay_settings *settings, struct replay *to,
	       struct failure *f)
{
	struct session *s = calloc(1, sizeof(*s));
	const struct trace_event *e;
	uint64_t first = 0, last = 0;

	*to = (struct replay){.took_s = now()};
	if (!s)
		return fail(f, ENOMEM, "no memory to replay");
	s->settings = settings;
	trace_rewind(r);
	trace_reader_nodes(r, s->node, SLAB_VIRTUAL_CPUS);
	for (unsigned cpu = 0; cpu < SLAB_VIRTUAL_CPUS; cpu++)
		if (s->node[cpu] >= SLAB_VIRTUAL_NODES)
			s->node[cpu] = 0;
	s->nodes = count_nodes(s);
	replay_slices_begin(s);
	while (!s->no_memory && (e = trace_next(r))) {
		if (!to->events++)
			first = e->ns;
		last = e->ns;
		if (e->ns >= s->slice_end)
			replay_slices_until(s, e->ns);
		take(s, e);
	}
	to->seconds_ns = last - first;
	replay_slices_until(s, UINT64_MAX);
	if (end_session(s, to)) {
		replay_free(to);
		free(s);
		return fail(f, ENOMEM, "no memory to replay: choose fewer caches with -c");
	}
	free(s);
	to->took_s = now() - to->took_s;
	return 0;
}

void replay_free(struct replay *r)
{
	for (size_t i = 0; i < r->nr_caches; i++) {
		free(r->cache[i].cpu_recorded);
		free(r->cache[i].cpu_replayed);
		replay_slices_free(&r->cache[i]);
	}
	free(r->cache);
	*r = (struct replay){0};
}

double replay_hit_rate(const struct replay_counts *c)
{
	return c->allocs ? (double)c->hits / (double)c->allocs : NAN;
}
