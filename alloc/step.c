// SPDX-License-Identifier: MIT
/*
 * step.c: traces each step. The order is: refill_start fires, the clock starts, the step runs,
 * the clock stops, the notes fire, refill_done fires. So no duration includes the cost of a
 * probe, and no probe fires under a lock.
 */
#include "step.h"

#include <errno.h>
#include <string.h>

#include "alien.h"
#include "inflight.h"
#include "percpu.h"
#include "refill.h"
#include "scratch.h"

slab_refill_hook *step_refill_hook;
bool (*step_reclaim)(void);

/* Whether a tracer uses a probe that notes fire. */
#define NOTES_WANTED                                                             \
	(PROBE_TRACED(grow) | PROBE_TRACED(list_move) | PROBE_TRACED(transfer) | \
	 PROBE_TRACED(slab_destroy) | PROBES_RECORDED)
static bool notes_wanted(void)
{
	return unlikely(NOTES_WANTED);
}

static inline __attribute__((always_inline)) struct step step_begin(struct kmem_cache *cachep,
								    int cpu)
{
	in_flight_enter(cpu);
	return (struct step){.cachep = cachep, .cpu = cpu, .node = numa_mem_id(cachep, cpu)};
}

static void step_end(const struct step *s)
{
	in_flight_leave(s->cpu);
}

/* Begins the notes of a step, where a tracer wants any. */
static void notes_begin(struct step *s, struct probe_notes *notes)
{
	*notes = (struct probe_notes){0};
	s->notes = NULL;
	if (!notes_wanted())
		return;
	notes->note = scratch_take(SCRATCH_NOTES, s->cpu);
	s->notes = notes;
}

/* Fires the notes of a step. */
static void notes_end(struct step *s)
{
	if (likely(!s->notes))
		return;
	notes_fire(s->notes, s->cachep->id, s->cpu);
	if (s->notes->note)
		scratch_put(SCRATCH_NOTES, s->cpu, s->notes->note);
	s->notes = NULL;
}

/*
 * Ends a try that found no memory, and gets memory back. Returns whether to try again. A step
 * inside another one does not: the outer step fails too, and does. Virtual caches keep to
 * themselves.
 */
static bool try_again(struct step *s)
{
	bool got;

	if (s->cachep->backend == CACHE_VIRTUAL)
		return false;
	if (s->notes)
		notes_fire(s->notes, s->cachep->id, s->cpu);
	in_flight_leave(s->cpu);
	got = step_reclaim();
	in_flight_enter(s->cpu);
	return got;
}

/* Counts an allocation that found no memory. */
static void count_failed(const struct step *s)
{
	struct kmem_cache_node *n = get_node(s->cachep, s->node);

	node_lock(n);
	stats_add(s->cachep, &cpu_counters(s->cachep, s->cpu)->origins[SLAB_ORIGIN_FAILED], 1);
	node_unlock(n);
	errno = ENOMEM;
}

/* Runs a refill. Adds its duration to *ns, if that is not NULL. */
static void *refill_timed(const struct step *s, bool force_refill, struct outcome *o, uint64_t *ns)
{
	uint64_t began = ns ? trace_clock() : 0;
	void *objp = cache_alloc_refill(s, force_refill, o);

	if (ns)
		*ns += trace_clock() - began;
	return objp;
}

static __attribute__((noinline)) void *refill_traced(struct step *s, bool force_refill)
{
	struct kmem_cache *cachep = s->cachep;
	struct probe_notes notes;
	slab_refill_hook *hook;
	struct outcome o;
	bool timed;
	uint64_t ns = 0;
	void *objp;

	notes_begin(s, &notes);
	if (PROBE_ENABLED(refill_start))
		probe_refill_start(cachep->id, (uint64_t)s->cpu, (uint64_t)s->node,
				   refill_batchcount(cachep, s->cpu));
	timed = PROBE_ENABLED(refill_done);
	objp = refill_timed(s, force_refill, &o, timed ? &ns : NULL);
	if (unlikely(!objp) && try_again(s))
		objp = refill_timed(s, force_refill, &o, timed ? &ns : NULL);
	if (unlikely(!objp))
		count_failed(s);
	hook = __atomic_load_n(&step_refill_hook, __ATOMIC_ACQUIRE);
	if (!timed)
		ns = SLAB_UNPAIRED;
	if (unlikely(hook) && timed)
		hook(cachep, o.origin, ns);
	notes_end(s);
	if (PROBE_ENABLED(refill_done))
		probe_refill_done(cachep->id, (uint64_t)s->cpu, (uint64_t)s->node, o.requested,
				  o.got, o.origin, ns, percpu_hits(cachep, s->cpu));
	return objp;
}

void *step_refill(struct kmem_cache *cachep, unsigned flags, int cpu, bool force_refill)
{
	struct step s = step_begin(cachep, cpu);
	struct outcome o;
	void *objp;

	s.flags = flags;
	if (unlikely(PROBE_TRACED(refill_start) | PROBE_TRACED(refill_done) | NOTES_WANTED)) {
		objp = refill_traced(&s, force_refill);
		step_end(&s);
		return objp;
	}
	objp = cache_alloc_refill(&s, force_refill, &o);
	if (unlikely(!objp) && try_again(&s))
		objp = cache_alloc_refill(&s, force_refill, &o);
	if (unlikely(!objp))
		count_failed(&s);
	step_end(&s);
	/* Tracing began meanwhile: the start is unknown. */
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

	notes_begin(s, &notes);
	ns = timed ? trace_clock() : 0;
	cache_flusharray(s, objp, &o);
	ns = timed ? trace_clock() - ns : SLAB_UNPAIRED;
	notes_end(s);
	if (PROBE_ENABLED(flush))
		probe_flush(cachep->id, (uint64_t)s->cpu, (uint64_t)s->node, o.got, ns,
			    percpu_hits(cachep, s->cpu));
}

void step_flush(struct kmem_cache *cachep, void *objp, int cpu)
{
	struct step s = step_begin(cachep, cpu);
	struct outcome o;

	if (unlikely(PROBE_TRACED(flush) | NOTES_WANTED))
		flush_traced(&s, objp);
	else
		cache_flusharray(&s, objp, &o);
	step_end(&s);
}

/* Runs a step that has no probe of its own, and fires its notes. */
#define WITH_NOTES(s, call)               \
	do {                              \
		struct probe_notes notes; \
                                          \
		notes_begin(s, &notes);   \
		call;                     \
		notes_end(s);             \
	} while (0)

static void *try_node(const struct step *s)
{
	void *objp = node_alloc_one(s);

	while (!objp && cache_grow(s))
		objp = node_alloc_one(s);
	return objp;
}

static void *alloc_node(struct step *s)
{
	struct kmem_cache_node *n = get_node(s->cachep, s->node);
	void *objp = try_node(s);

	if (unlikely(!objp) && try_again(s))
		objp = try_node(s);
	if (unlikely(!objp)) {
		count_failed(s);
		return NULL;
	}
	node_lock(n);
	stats_add(s->cachep, &cpu_counters(s->cachep, s->cpu)->bypasses, 1);
	stats_add(s->cachep, &s->cachep->stats.node_allocs, 1);
	node_unlock(n);
	return objp;
}

void *step_alloc_node(struct kmem_cache *cachep, unsigned flags, int cpu, int node)
{
	struct step s = step_begin(cachep, cpu);
	void *objp;

	s.flags = flags;
	s.node = node;
	WITH_NOTES(&s, objp = alloc_node(&s));
	step_end(&s);
	return objp;
}

void step_free_alien(struct kmem_cache *cachep, void *objp, int cpu)
{
	struct step s = step_begin(cachep, cpu);
	struct kmem_cache_node *n = get_node(cachep, s.node);

	WITH_NOTES(&s, cache_free_alien(&s, objp));
	node_lock(n);
	stats_add(cachep, &cpu_counters(cachep, cpu)->slow_frees, 1);
	node_unlock(n);
	step_end(&s);
}

/* Gives objects back in parts, for whose notes there is room. */
static void give_back_in_parts(struct step *s, void **objpp, unsigned nr)
{
	for (unsigned part; nr; objpp += part, nr -= part) {
		part = nr < SLAB_NOTES / 4 ? nr : SLAB_NOTES / 4;
		WITH_NOTES(s, give_back(s, objpp, part));
	}
}

int step_drain_cpu(struct kmem_cache *cachep, int cpu, unsigned max)
{
	struct step s = step_begin(cachep, cpu);
	unsigned avail = percpu_avail(cachep, cpu), drained = 0, part;
	struct batch b;
	struct array_cache *ac = batch_begin(&b, cpu, avail < max ? avail : max);
	int nr;

	do {
		part = max - drained < ac->limit ? max - drained : ac->limit;
		nr = percpu_drain(cachep, cpu, ac->entry, part);
		if (nr <= 0)
			break;
		count_taken(cachep, cpu, (uint64_t)nr);
		give_back_in_parts(&s, ac->entry, (unsigned)nr);
		drained += (unsigned)nr;
	} while (drained < max && (unsigned)nr == part);
	batch_end(&b);
	step_end(&s);
	return nr < 0 ? nr : (int)drained;
}

unsigned step_drain_shared(struct kmem_cache *cachep, int node, unsigned max)
{
	struct kmem_cache_node *n = get_node(cachep, node);
	struct step s = step_begin(cachep, node_first_cpu(cachep, node));
	unsigned drained = 0, nr;
	struct batch b;
	struct array_cache *part = batch_begin(&b, s.cpu, 0);

	do {
		part->avail = 0;
		node_lock(n);
		nr = n->shared ? array_take_oldest(part, n->shared, max - drained) : 0;
		stats_add(cachep, &cachep->gauges->shared_avail, -(uint64_t)nr);
		node_unlock(n);
		give_back_in_parts(&s, part->entry, nr);
		drained += nr;
	} while (nr);
	batch_end(&b);
	step_end(&s);
	return drained;
}

unsigned step_drain_aliens(struct kmem_cache *cachep, int node)
{
	struct step s = step_begin(cachep, node_first_cpu(cachep, node));
	unsigned drained;

	s.node = node;
	WITH_NOTES(&s, drained = drain_aliens(&s));
	step_end(&s);
	return drained;
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

unsigned step_shrink_node(struct kmem_cache *cachep, int node, unsigned max)
{
	struct step s = step_begin(cachep, node_first_cpu(cachep, node));
	unsigned given = 0, now;

	s.node = node;
	do {
		unsigned room = SLAB_NOTES / 2, left = max - given;

		WITH_NOTES(&s, now = drain_free(&s, left < room ? left : room));
		given += now;
	} while (now && given < max);
	step_end(&s);
	return given;
}

void step_report_reap(struct kmem_cache *cachep, int node, unsigned count)
{
	struct kmem_cache_node *n = get_node(cachep, node);
	uint64_t seq;

	if (!PROBE_ENABLED(reap))
		return;
	node_lock(n);
	seq = n->seq++;
	node_unlock(n);
	probe_reap(cachep->id, (uint64_t)node, count, seq);
}
