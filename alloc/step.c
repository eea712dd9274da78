/* SPDX-License-Identifier: MIT */
/*
 * step.c: traces each step. The order is: refill_start, then the clock starts, the
 * step runs, the clock stops; then its notes fire, then refill_done. So no probe's cost is inside
 * any duration, and none fires under a lock.
 *
 * The traced forms are functions of their own, because their notes take 10 KiB of stack.
 */
#include "step.h"

#include <string.h>

#include "percpu.h"
#include "refill.h"

/* Whether a probe is traced that a step may fire from its notes. */
static bool notes_wanted(void)
{
	return PROBE_ENABLED(grow) || PROBE_ENABLED(list_move) || PROBE_ENABLED(transfer) ||
	       PROBE_ENABLED(slab_destroy);
}

static struct step step_begin(struct kmem_cache *cachep, int cpu)
{
	return (struct step){ .cachep = cachep, .cpu = cpu, .node = numa_mem_id(cachep, cpu) };
}

static __attribute__((noinline)) void *refill_traced(struct step *s)
{
	struct kmem_cache *cachep = s->cachep;
	struct probe_notes notes;
	struct outcome o;
	bool timed;
	uint64_t ns;
	void *objp;

	notes.nr = notes.lost = 0;
	s->notes = notes_wanted() ? &notes : NULL;
	if (PROBE_ENABLED(refill_start))
		probe_refill_start(cachep->id, (uint64_t)s->cpu, (uint64_t)s->node,
				   refill_batchcount(cachep, s->cpu));
	timed = PROBE_ENABLED(refill_done);
	ns = timed ? trace_clock() : 0;
	objp = cache_alloc_refill(s, &o);
	ns = timed ? trace_clock() - ns : SLAB_UNPAIRED;
	notes_fire(&notes, cachep->id, s->cpu, s->node);
	if (PROBE_ENABLED(refill_done))
		probe_refill_done(cachep->id, (uint64_t)s->cpu, (uint64_t)s->node, o.requested,
				  o.got, o.origin, ns, percpu_hits(cachep, s->cpu));
	return objp;
}

void *step_refill(struct kmem_cache *cachep, int cpu)
{
	struct step s = step_begin(cachep, cpu);
	struct outcome o;
	void *objp;

	if (PROBE_ENABLED(refill_start) || PROBE_ENABLED(refill_done) || notes_wanted())
		return refill_traced(&s);
	objp = cache_alloc_refill(&s, &o);
	/* Tracing began meanwhile: its start was not seen. */
	if (PROBE_ENABLED(refill_done))
		probe_refill_done(cachep->id, (uint64_t)cpu, (uint64_t)s.node, o.requested, o.got,
				  o.origin, SLAB_UNPAIRED, percpu_hits(cachep, cpu));
	return objp;
}

static __attribute__((noinline)) void flush_traced(struct step *s, void *objp)
{
	struct kmem_cache *cachep = s->cachep;
	struct probe_notes notes;
	struct outcome o;
	bool timed = PROBE_ENABLED(flush);
	uint64_t ns;

	notes.nr = notes.lost = 0;
	s->notes = notes_wanted() ? &notes : NULL;
	ns = timed ? trace_clock() : 0;
	cache_flusharray(s, objp, &o);
	ns = timed ? trace_clock() - ns : SLAB_UNPAIRED;
	notes_fire(&notes, cachep->id, s->cpu, s->node);
	if (PROBE_ENABLED(flush))
		probe_flush(cachep->id, (uint64_t)s->cpu, (uint64_t)s->node, o.got, ns,
			    percpu_hits(cachep, s->cpu));
}

void step_flush(struct kmem_cache *cachep, void *objp, int cpu)
{
	struct step s = step_begin(cachep, cpu);
	struct outcome o;

	if (PROBE_ENABLED(flush) || notes_wanted()) {
		flush_traced(&s, objp);
		return;
	}
	cache_flusharray(&s, objp, &o);
}

/* Runs a step that has no probe of its own, and fires its notes. */
#define WITH_NOTES(s, call)                                                                        \
	do {                                                                                       \
		struct probe_notes notes;                                                          \
                                                                                                   \
		notes.nr = notes.lost = 0;                                                         \
		(s).notes = notes_wanted() ? &notes : NULL;                                        \
		call;                                                                              \
		notes_fire(&notes, (s).cachep->id, (s).cpu, (s).node);                             \
	} while (0)

/* In parts whose notes have room. */
static void give_back_in_parts(struct kmem_cache *cachep, void **objpp, unsigned nr, int cpu)
{
	for (unsigned part; nr; objpp += part, nr -= part) {
		struct step s = step_begin(cachep, cpu);

		part = nr < SLAB_NOTES / 4 ? nr : SLAB_NOTES / 4;
		WITH_NOTES(s, give_back(&s, objpp, part));
	}
}

void step_give_back(struct kmem_cache *cachep, void **objpp, unsigned nr, int cpu)
{
	count_taken(cachep, cpu, nr);
	give_back_in_parts(cachep, objpp, nr, cpu);
}

void step_drain_shared(struct kmem_cache *cachep, int node)
{
	struct kmem_cache_node *n = get_node(cachep, node);
	void *objp[SLAB_NOTES / 4];
	unsigned nr;

	do {
		struct array_cache *shared;

		node_lock(n);
		shared = n->shared;
		nr = shared ? shared->avail : 0;
		if (nr > SLAB_NOTES / 4)
			nr = SLAB_NOTES / 4;
		if (nr) {
			memcpy(objp, shared->entry + shared->avail - nr, nr * sizeof(void *));
			shared->avail -= nr;
			stats_add(cachep, &cachep->gauges->shared_avail, -(uint64_t)nr);
		}
		node_unlock(n);
		give_back_in_parts(cachep, objp, nr, node_first_cpu(cachep, node));
	} while (nr);
}

static unsigned drain_free(struct step *s, unsigned max)
{
	struct kmem_cache_node *n = get_node(s->cachep, s->node);
	uint32_t destroy = 0;
	unsigned given;

	node_lock(n);
	given = node_drain_free(s, n, max, &destroy);
	node_unlock(n);
	slabs_destroy(s, destroy);
	return given;
}

unsigned step_shrink(struct kmem_cache *cachep, unsigned max)
{
	unsigned given = 0;

	for (unsigned node = 0; node < cachep->nr_nodes; node++) {
		struct step s = step_begin(cachep, node_first_cpu(cachep, (int)node));
		unsigned now;

		do {
			unsigned room = SLAB_NOTES / 2, left = max - given;

			WITH_NOTES(s, now = drain_free(&s, left < room ? left : room));
			given += now;
		} while (now);
	}
	return given;
}
