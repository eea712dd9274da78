// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * play.c: what each event does to the virtual caches. An object is found by the address that it had
 * in its process. If an address is allocated twice, or freed without an allocation, the recording
 * lacks events.
 */
#include "replay/play.h"

#include "replay/live_objects.h"
#include "replay/replay_cache.h"
#include "slab.h"
#include "trace/event_meaning.h"

#define SAMPLE 256 /* events of a cache between two samples of its arrays */

/* What happens between setup_begin() and setup_end() is no part of the recording. */
static struct replay_counts setup_begin(const struct player *p, unsigned cpu)
{
	return replay_counts_of(p->kmem, cpu);
}

static void setup_end(struct player *p, unsigned cpu, const struct replay_counts *was)
{
	struct replay_counts now = replay_counts_of(p->kmem, cpu);

	replay_counts_add(&p->setup[cpu], &now, 1);
	replay_counts_add(&p->setup[cpu], was, -1);
}

/* ---- objects --------------------------------------------------------------------------------- */

void play_look_at_arrays(struct player *p)
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
		play_look_at_arrays(p);
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

	for (size_t i = 0; i < s->nr; i++)
		if (s->all[i]->kmem == kmem)
			return s->all[i];
	return NULL;
}

static void unlive(struct session *s, struct player *p)
{
	p->result.live--;
	s->live--;
}

static const void *owner_of(const void *object, void *arg)
{
	(void)arg;
	return slab_virtual_cache(object);
}

static void close_unseen(void *object, unsigned cpu, void *arg)
{
	struct session *s = arg;
	struct player *owner = player_of(s, object);

	if (!owner)
		return;
	slab_virtual_free(owner->kmem, object, (int)(cpu < owner->result.cpus ? cpu : 0));
	owner->result.freed_unseen++;
	unlive(s, owner);
}

static const struct live_objects live = {owner_of, close_unseen};

/*
 * Between a refill and the event of its allocation the kernel permits interrupts, which free
 * objects: by then the refill has its objects. Of two refills, one in an interrupt of the other,
 * the first one is played here.
 */
static void play_refill(struct player *p, const struct trace_event *e)
{
	void **refilled = &p->refilled[e->cpu];

	if (!p->result.pid && event_meaning_refilled(e) && !*refilled)
		*refilled = slab_virtual_alloc(p->kmem, 0, (int)e->cpu);
}

static void *alloc_as_recorded(struct player *p, const struct trace_event *e)
{
	void *object = play_takes_refilled(e) ? p->refilled[e->cpu] : NULL;

	if (object) {
		p->refilled[e->cpu] = NULL;
		return object;
	}
	if (e->id == TRACE_ALLOC_BYPASS)
		return slab_virtual_bypass(
			p->kmem, 0, (int)e->cpu,
			e->value[ALLOC_NODE] < p->result.nodes ? (int)e->value[ALLOC_NODE] : 0);
	return slab_virtual_alloc(p->kmem, 0, (int)e->cpu);
}

static void play_alloc(struct session *s, struct player *p, const struct trace_event *e)
{
	uint64_t address = e->value[ALLOC_OBJECT];
	void *object;

	live_objects_alloc(&live, &p->domain->map, address, e->cpu, s);
	object = alloc_as_recorded(p, e);
	if (!object)
		return;
	if (object_map_put(&p->domain->map, address, object)) {
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
	void *object = live_objects_free(&live, &p->domain->map, e->value[FREE_OBJECT], p->kmem,
					 e->cpu, s);

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

/* ---- everything else ------------------------------------------------------------------------- */

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
	replay_state_make(&p->before, p->kmem, (int)cpu, e, replay_cache_tuned(s->settings));
	setup_end(p, cpu, &was);
}

static void play_tune(const struct session *s, struct player *p, const struct trace_event *e)
{
	struct slab_topology t = replay_cache_tuning(s->settings, e);

	kmem_cache_tune(p->kmem, t.limit, t.batchcount, t.sharedfactor);
}

static void play_reap(struct player *p, const struct trace_event *e)
{
	switch (event_meaning_reap(e, !p->result.pid)) {
	case EVENT_REAP_NOTHING:
		break;
	case EVENT_REAP_ALL:
		slab_virtual_reap(p->kmem);
		break;
	case EVENT_REAP_CPU:
		slab_virtual_reap_cpu(p->kmem, (int)e->cpu);
		break;
	case EVENT_REAP_NODE:
		if (e->value[REAP_NODE] < p->result.nodes)
			slab_virtual_reap_node(p->kmem, (int)e->value[REAP_NODE]);
		break;
	}
}

static void play(struct session *s, struct player *p, const struct trace_event *e)
{
	if (event_meaning_has(e->id, EVENT_ALLOCATES)) {
		play_alloc(s, p, e);
		return;
	}
	if (event_meaning_has(e->id, EVENT_STATE)) {
		play_state(s, p, e);
		return;
	}
	switch (e->id) {
	case TRACE_FREE:
		play_free(s, p, e);
		break;
	case TRACE_REFILL:
		play_refill(p, e);
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

static void note_kernel(struct session *s, struct replay_cache *c, const struct trace_event *e)
{
	s->proved |= event_meaning[e->id].proves;
	if (e->id == TRACE_INFERRED) {
		c->known.inferred = true;
		c->doubtful = e->value[INFERRED_DOUBTFUL];
	}
}

void play_event(struct session *s, const struct trace_event *e)
{
	struct player *p;
	bool on_cpu = e->cpu != TRACE_NO_CPU;

	if (e->id == TRACE_CACHE) {
		replay_cache_add(s, e);
		return;
	}
	if (e->id == TRACE_FLAGS)
		return;
	p = s->number[e->value[TRACE_F_CACHE]];
	if (!p) {
		s->nonsense += !s->settings->caches;
		return;
	}
	if (on_cpu ? e->cpu >= p->result.cpus : event_meaning_has(e->id, EVENT_NEEDS_CPU)) {
		s->nonsense++;
		return;
	}
	event_meaning_count(e, p->result.cpu_recorded[on_cpu ? e->cpu : 0].count);
	if (p->result.kernel)
		note_kernel(s, &p->result, e);
	if (p->kmem)
		play(s, p, e);
}
