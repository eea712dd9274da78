/* SPDX-License-Identifier: MIT */
/*
 * refill.c: cache_alloc_refill() and its way back, cache_flusharray(), as mm/slab.c had them.
 *
 * One thing differs from the kernel, where interrupts are off: a thread may be migrated at any
 * point. So a refill takes its batch from the node first, into an array_cache of its own (ac, on the
 * stack), and publishes it in one sequence on whatever CPU it runs on then; what finds no room there
 * goes back to its slabs. The step counts on the CPU where it began.
 */
#include "refill.h"

#include <string.h>

#include "freelist.h"
#include "percpu.h"

/*
 * If there was little recent activity on this CPU's array, a refill is only a partial one: a full
 * one could bounce right back.
 */
unsigned refill_batchcount(const struct kmem_cache *cachep, int cpu)
{
	bool touched = __atomic_load_n(&cachep->cpu[cpu].touched, __ATOMIC_RELAXED);

	return !touched && cachep->batchcount > BATCHREFILL_LIMIT ? BATCHREFILL_LIMIT
								  : cachep->batchcount;
}

/* All free objects of one slab, as far as they are wanted. Returns how many are still wanted. */
static unsigned alloc_block(struct kmem_cache *cachep, struct array_cache *ac, struct slab *slabp,
			    unsigned batchcount)
{
	unsigned taken;

	/* It was on the partial or the free list, so it must have something to give. */
	BUG_ON(slabp->active >= cachep->num);
	check_slabp(cachep, slabp);
	taken = slab_get_objs(cachep, slabp, ac->entry + ac->avail, batchcount);
	ac->avail += taken;
	check_slabp(cachep, slabp);
	return batchcount - taken;
}

/* For the rare thread that was migrated inside a step. */
static void count_late(struct kmem_cache *cachep, int cpu, uint64_t *counter, uint64_t nr)
{
	struct kmem_cache_node *n = get_node(cachep, numa_mem_id(cachep, cpu));

	node_lock(n);
	stats_add(cachep, counter, nr);
	node_unlock(n);
}

static void count_pushed(struct kmem_cache *cachep, int cpu, uint64_t nr)
{
	count_late(cachep, cpu, &cpu_counters(cachep, cpu)->pushed, nr);
}

void count_taken(struct kmem_cache *cachep, int cpu, uint64_t nr)
{
	count_late(cachep, cpu, &cpu_counters(cachep, cpu)->taken, nr);
}

/* by: how the shared array's count changed. */
static void count_transfer(const struct step *s, unsigned nr, uint64_t by)
{
	struct slab_cpu_counters *c = cpu_counters(s->cachep, s->cpu);

	stats_add(s->cachep, &s->cachep->gauges->shared_avail, by);
	stats_add(s->cachep, &c->transfers, 1);
	stats_add(s->cachep, &c->transferred, nr);
}

static bool refill_from_shared(const struct step *s, struct kmem_cache_node *n,
			       struct array_cache *ac, unsigned batchcount)
{
	unsigned nr = n->shared ? transfer_objects(ac, n->shared, batchcount) : 0;

	if (!nr)
		return false;
	n->shared->touched = 1;
	count_transfer(s, nr, -(uint64_t)nr);
	note_transfer(s->notes, nr, SLAB_FROM_SHARED, n->seq++);
	return true;
}

/*
 * Puts objects, already counted as pushed to the CPU on which the step began, into the array of the
 * CPU on which the thread runs now. What finds no room goes back to its slabs.
 */
static void publish(const struct step *s, void **objpp, unsigned nr)
{
	struct kmem_cache *cachep = s->cachep;
	int cpu = s->cpu;
	unsigned pushed = nr ? percpu_push(cachep, objpp, nr, &cpu) : 0;

	if (likely(pushed == nr && cpu == s->cpu))
		return;
	count_pushed(cachep, s->cpu, -(uint64_t)nr);
	count_pushed(cachep, cpu, pushed);
	if (pushed < nr)
		give_back(s, objpp + pushed, nr - pushed);
}

/* Under the lock: what this refill has come to. */
static void count_refill(const struct step *s, const struct outcome *o)
{
	struct slab_cpu_counters *c = cpu_counters(s->cachep, s->cpu);

	stats_add(s->cachep, &c->origins[o->origin], 1);
	if (o->got) {
		stats_add(s->cachep, &c->refills, 1);
		stats_add(s->cachep, &c->pushed, o->got - 1);
	}
}

/* The batch moves into the CPU's array, but for the caller's object. */
static void *ac_get_obj(const struct step *s, struct array_cache *ac)
{
	void *objp = ac->entry[--ac->avail];

	publish(s, ac->entry, ac->avail);
	return objp;
}

void *cache_alloc_refill(const struct step *s, struct outcome *o)
{
	struct kmem_cache *cachep = s->cachep;
	struct kmem_cache_node *n = get_node(cachep, s->node);
	unsigned batchcount = refill_batchcount(cachep, s->cpu);
	struct {
		struct array_cache ac;
		void *entry[batchcount + RSEQ_COPY_SLACK];
	} batch;
	struct array_cache *ac = &batch.ac;
	bool grown = false, failed = false;

	*ac = (struct array_cache){ .limit = batchcount, .batchcount = batchcount };
	*o = (struct outcome){ .requested = batchcount, .origin = SLAB_ORIGIN_FAILED };
retry:
	batchcount = ac->batchcount;
	node_lock(n);

	/* See if we can refill from the shared array. */
	if (refill_from_shared(s, n, ac, batchcount)) {
		o->origin = SLAB_ORIGIN_SHARED;
		goto alloc_done;
	}

	while (batchcount > 0) {
		bool was_free;
		struct slab *slabp = get_first_slab(n, &was_free);

		if (!slabp)
			goto must_grow;
		o->origin = grown      ? SLAB_ORIGIN_GROWN
			    : was_free ? SLAB_ORIGIN_FREE
				       : SLAB_ORIGIN_PARTIAL;
		batchcount = alloc_block(cachep, ac, slabp, batchcount);

		/* Move the slab to the list that is right for it now. */
		fixup_slab_list(s, n, slabp, false);
	}
must_grow:
	node_take_objects(s, n, ac->avail);
alloc_done:
	o->got = ac->avail;
	if (o->got || failed)
		count_refill(s, o);
	node_unlock(n);

	if (unlikely(!ac->avail)) {
		if (failed)
			return NULL;
		/* Once more: with the new slab, or with what others gave back meanwhile. */
		failed = !cache_grow(s);
		grown = !failed;
		goto retry;
	}
	__atomic_store_n(&cachep->cpu[s->cpu].touched, 1, __ATOMIC_RELAXED);
	return ac_get_obj(s, ac);
}

bool cache_grow(const struct step *s)
{
	struct kmem_cache *cachep = s->cachep;
	struct kmem_cache_node *n = get_node(cachep, s->node);
	bool timed = s->notes && PROBE_ENABLED(grow);
	uint64_t began = timed ? trace_clock() : 0;
	struct slab *slabp = pages_alloc(cachep->order);
	unsigned colour;

	if (!slabp)
		return false;
	if (cachep->off_slab) {
		slabp->freelist = freelist_alloc(cachep);
		if (!slabp->freelist) {
			pages_free(slabp, cachep->order);
			return false;
		}
	}
	/* The slabs of a cache take turns at where their objects start. */
	node_lock(n);
	colour = n->colour_next;
	n->colour_next = colour + 1 < cachep->colour ? colour + 1 : 0;
	node_unlock(n);

	slabp->cache = cachep;
	slabp->node = (uint8_t)s->node;
	slab_init_objects(cachep, slabp, colour);
	began = timed ? trace_clock() - began : SLAB_UNPAIRED;

	node_lock(n);
	stats_add(cachep, &cpu_counters(cachep, s->cpu)->grows, 1);
	note_grow(s->notes, slab_page(slabp), cachep->num, colour, began, n->seq++);
	node_add_slab(s, n, slabp);
	node_unlock(n);
	return true;
}

/* Returns how many of the objects, from the first on, the shared array had room for. */
static unsigned flush_to_shared(const struct step *s, struct kmem_cache_node *n, void **objpp,
				unsigned nr)
{
	struct array_cache *shared = n->shared;
	unsigned room = shared ? shared->limit - shared->avail : 0;

	if (nr > room)
		nr = room;
	if (!nr)
		return 0;
	memcpy(shared->entry + shared->avail, objpp, nr * sizeof(void *));
	shared->avail += nr;
	count_transfer(s, nr, nr);
	note_transfer(s->notes, nr, SLAB_TO_SHARED, n->seq++);
	return nr;
}

/* Under the lock of the CPU's node: what this flush has come to. */
static void count_flush(const struct step *s, unsigned taken, unsigned pushed)
{
	struct slab_cpu_counters *c = cpu_counters(s->cachep, s->cpu);

	stats_add(s->cachep, &c->flushes, 1);
	stats_add(s->cachep, &c->slow_frees, 1);
	stats_add(s->cachep, &c->taken, taken);
	stats_add(s->cachep, &c->pushed, pushed);
}

void cache_flusharray(const struct step *s, void *objp, struct outcome *o)
{
	struct kmem_cache *cachep = s->cachep;
	struct kmem_cache_node *n = get_node(cachep, s->node);
	unsigned batchcount = cachep->batchcount, flushed = 0, nr;
	void *entry[SLAB_ARRAY_STRIDE + RSEQ_COPY_SLACK];
	uint32_t destroy = 0;
	int cpu = s->cpu;

	nr = percpu_take(cachep, entry, &cpu);
	node_lock(n);
	/* On another CPU than the one that was full there may be nothing to flush. */
	if (nr >= cachep->limit) {
		flushed = flush_to_shared(s, n, entry, batchcount);
		if (!flushed) {
			flushed = batchcount;
			free_block(s, n, entry, flushed, &destroy);
		}
	}
	count_flush(s, nr, nr + 1 - flushed);
	node_unlock(n);
	slabs_destroy(s, destroy);

	if (unlikely(cpu != s->cpu)) {
		count_taken(cachep, s->cpu, -(uint64_t)nr);
		count_taken(cachep, cpu, nr);
	}
	entry[nr++] = objp;
	publish(s, entry + flushed, nr - flushed);
	*o = (struct outcome){ .requested = batchcount, .got = flushed };
}

void give_back(const struct step *s, void **objpp, unsigned nr)
{
	struct kmem_cache_node *n = get_node(s->cachep, s->node);
	uint32_t destroy = 0;

	node_lock(n);
	free_block(s, n, objpp, nr, &destroy);
	node_unlock(n);
	slabs_destroy(s, destroy);
}
