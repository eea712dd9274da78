// SPDX-License-Identifier: MIT
/*
 * refill.c: cache_alloc_refill() and its way back, cache_flusharray(), as mm/slab.c had them.
 *
 * One thing differs from the kernel, which turns interrupts off: a thread may migrate at any
 * point. So a refill first moves its batch from the node to its own array_cache (ac, see
 * scratch.h). It then publishes the batch in one sequence, on the CPU that it runs on by then.
 * Objects that find no room there go back to their slabs. The step counts on the CPU where it
 * began.
 */
#include "refill.h"

#include <string.h>

#include "alien.h"
#include "freelist.h"
#include "inflight.h"
#include "percpu.h"
#include "scratch.h"

/* After little recent activity on the CPU's array a full batch could bounce right back. */
unsigned refill_batchcount(const struct kmem_cache *cachep, int cpu)
{
	bool touched = __atomic_load_n(&cachep->cpu[cpu].touched, __ATOMIC_RELAXED);
	unsigned batchcount = tunable(&cachep->batchcount);

	return !touched && batchcount > BATCHREFILL_LIMIT ? BATCHREFILL_LIMIT : batchcount;
}

/* Takes up to batchcount free objects of a slab. Returns how many are still missing. */
static unsigned alloc_block(struct kmem_cache *cachep, struct array_cache *ac, struct slab *slabp,
			    unsigned batchcount)
{
	unsigned taken;

	/* A slab of the partial or the free list has a free object. */
	BUG_ON(slabp->active >= cachep->num);
	check_slabp(cachep, slabp);
	taken = slab_get_objs(cachep, slabp, ac->entry + ac->avail, batchcount);
	ac->avail += taken;
	check_slabp(cachep, slabp);
	return batchcount - taken;
}

/* Adds to a counter of a CPU, and takes the lock that this needs. */
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

/*
 * Puts objects into the array of the CPU on which the thread runs now. The caller has counted
 * them as pushed on the CPU where the step began. Objects that find no room go back to their
 * slabs.
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

/* Counts a refill and its origin, under the lock. The caller of the refill counts failures. */
static void count_refill(const struct step *s, const struct outcome *o)
{
	struct slab_cpu_counters *c = cpu_counters(s->cachep, s->cpu);

	stats_add(s->cachep, &c->origins[o->origin], 1);
	stats_add(s->cachep, &c->refills, 1);
}

/*
 * Counts objects before they go into a CPU's array, under the lock. So a reader in between
 * derives too few frees, never too many.
 */
static void count_push(const struct step *s, int cpu, uint64_t nr)
{
	stats_add(s->cachep, &cpu_counters(s->cachep, cpu)->pushed, nr);
}

/*
 * Moves objects from the shared array of the node into the CPU's array, and returns the newest,
 * or NULL where there is none. After a migration the array may have too little room: the other
 * objects stay.
 */
static void *transfer_objects(const struct step *s, struct kmem_cache_node *n, unsigned max,
			      struct outcome *o)
{
	struct array_cache *shared = n->shared;
	unsigned nr = !shared ? 0 : shared->avail < max ? shared->avail : max, pushed = 0;
	int cpu = s->cpu;
	void **objpp, *objp;

	if (!nr)
		return NULL;
	objpp = shared->entry + shared->avail - nr;
	objp = objpp[nr - 1];
	count_push(s, s->cpu, nr - 1);
	if (nr > 1)
		pushed = percpu_push(s->cachep, objpp, nr - 1, &cpu);
	if (unlikely(pushed < nr - 1 || cpu != s->cpu)) {
		count_push(s, s->cpu, -(uint64_t)(nr - 1));
		count_push(s, cpu, pushed);
	}
	if (unlikely(pushed < nr - 1))
		memmove(objpp, objpp + pushed, (nr - 1 - pushed) * sizeof(void *));
	take_from_shared(s, n, pushed + 1);
	o->got = pushed + 1;
	o->origin = SLAB_ORIGIN_SHARED;
	count_refill(s, o);
	return objp;
}

/* Returns one object, and moves the rest of the batch into the CPU's array. */
static void *ac_get_obj(const struct step *s, struct array_cache *ac)
{
	void *objp = ac->entry[--ac->avail];

	publish(s, ac->entry, ac->avail);
	return objp;
}

/*
 * Returns whether the step must not use the emergency reserve, whose objects the shared array may
 * hold.
 */
static bool not_from_reserve(const struct step *s)
{
	return unlikely(tunable(&s->cachep->pfmemalloc_slabs)) && !(s->flags & SLAB_MEMALLOC);
}

/*
 * Gives a batch of the shared array back to the slabs, where a refill can see which objects
 * belong to the emergency reserve. Returns whether there was one.
 */
static bool shared_to_slabs(const struct step *s, struct kmem_cache_node *n, unsigned batchcount)
{
	struct array_cache *shared = n->shared;
	uint32_t destroy = 0;
	unsigned nr;

	node_lock(n);
	nr = !shared ? 0 : shared->avail < batchcount ? shared->avail : batchcount;
	if (nr) {
		take_from_shared(s, n, nr);
		free_block(s, n, shared->entry + shared->avail, nr, &destroy);
	}
	node_unlock(n);
	slabs_destroy(s, destroy);
	return nr > 0;
}

/*
 * Takes an object of another node, because this one has no memory. Returns NULL where there is
 * none.
 */
static void *fallback_alloc(const struct step *s, struct outcome *o)
{
	struct kmem_cache *cachep = s->cachep;

	for (int node = 0; node < (int)cachep->nr_nodes; node++) {
		struct step other = step_on_node(s, node);
		void *objp = node == s->node ? NULL : node_alloc_one(&other);

		if (!objp)
			continue;
		o->got = 1;
		o->origin = SLAB_ORIGIN_REMOTE;
		return objp;
	}
	return NULL;
}

/*
 * Ends a refill that found no object and could not grow. Returns an object of another node, or
 * NULL.
 */
static void *refill_failed(const struct step *s, struct outcome *o)
{
	struct kmem_cache_node *n = get_node(s->cachep, s->node);
	void *objp = fallback_alloc(s, o);

	if (!objp) {
		*o = (struct outcome){.requested = o->requested, .origin = SLAB_ORIGIN_FAILED};
		return NULL;
	}
	node_lock(n);
	count_refill(s, o);
	node_unlock(n);
	return objp;
}

void *cache_alloc_refill(const struct step *s, bool force_refill, struct outcome *o)
{
	struct kmem_cache *cachep = s->cachep;
	struct kmem_cache_node *n = get_node(cachep, s->node);
	unsigned batchcount = refill_batchcount(cachep, s->cpu);
	struct batch b;
	struct array_cache *ac = batch_begin(&b, s->cpu, batchcount);
	bool grown = false, x;
	void *objp;

	check_irq_off();
	ac->batchcount = batchcount < ac->limit ? batchcount : ac->limit;
	*o = (struct outcome){.requested = batchcount, .origin = SLAB_ORIGIN_FAILED};
	if (unlikely(force_refill))
		goto force_grow;
retry:
	batchcount = ac->batchcount;
	BUG_ON(ac->avail > 0 || !n);
	node_lock(n);

	/* See if we can refill from the shared array. */
	if (!not_from_reserve(s) && (objp = transfer_objects(s, n, batchcount, o))) {
		node_unlock(n);
		goto touched;
	}

	while (batchcount > 0) {
		bool was_free;
		struct slab *slabp = get_first_slab(s, n, &was_free);

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
	o->got = ac->avail;
	if (o->got) {
		count_refill(s, o);
		count_push(s, s->cpu, o->got - 1);
	}
	node_unlock(n);

	if (unlikely(!ac->avail)) {
force_grow:
		x = cache_grow(s);

		/* Other threads may have given objects back meanwhile. */
		if (!x && !node_has_objects(s, n) &&
		    !(not_from_reserve(s) && shared_to_slabs(s, n, ac->batchcount))) {
			objp = refill_failed(s, o);
			goto out;
		}
		force_refill = false;
		grown = x;
		goto retry;
	}
	objp = ac_get_obj(s, ac);
touched:
	__atomic_store_n(&cachep->cpu[s->cpu].touched, 1, __ATOMIC_RELAXED);
out:
	batch_end(&b);
	return objp;
}

/*
 * Allocates a slab from the emergency reserve. Stops all CPUs first, so that no hit can serve its
 * objects.
 */
static struct slab *force_grow_pages(const struct step *s)
{
	struct kmem_cache *cachep = s->cachep;
	struct slab *slabp = NULL;

	if (s->flags & SLAB_MEMALLOC)
		slabp = pages_alloc_reserve(cachep->order);
	if (!slabp)
		return NULL;
	__atomic_fetch_add(&cachep->pfmemalloc_slabs, 1, __ATOMIC_SEQ_CST);
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		if (percpu_used(cachep, (int)cpu))
			percpu_stop(cachep, (int)cpu, NULL);
	slabp->pfmemalloc = 1;
	return slabp;
}

bool cache_grow(const struct step *s)
{
	struct kmem_cache *cachep = s->cachep;
	struct kmem_cache_node *n = get_node(cachep, s->node);
	bool timed = s->notes && PROBE_ENABLED(grow);
	uint64_t began = timed ? trace_clock() : 0;
	struct slab *slabp = pages_alloc(cachep->order) ?: force_grow_pages(s);
	unsigned colour;

	if (slabp && cachep->off_slab && !(slabp->freelist = freelist_alloc(cachep, s->flags))) {
		slab_release(cachep, slabp);
		slabp = NULL;
	}
	if (!slabp) {
		node_lock(n);
		stats_add(cachep, &cachep->stats.errors, 1);
		node_unlock(n);
		return false;
	}
	/* The slabs of a cache take the colours in turn. */
	node_lock(n);
	colour = n->colour_next;
	n->colour_next = colour + 1 < cachep->colour ? colour + 1 : 0;
	node_unlock(n);

	slabp->cache = cachep;
	slabp->node = (unsigned)s->node & 0x7f;
	slab_init_objects(cachep, slabp, colour);
	began = timed ? trace_clock() - began : SLAB_UNPAIRED;

	node_lock(n);
	stats_add(cachep, &cpu_counters(cachep, s->cpu)->grows, 1);
	stats_add(cachep, &cachep->stats.grown, 1);
	note_grow(s->notes, s->node, slab_page(slabp), cachep->num, colour, began, n->seq++);
	node_add_slab(s, n, slabp);
	node_unlock(n);
	return true;
}

/* Counts a flush of the array of cpu, under the lock of the node. */
static void count_flush(const struct step *s, int cpu, unsigned taken, unsigned pushed)
{
	struct slab_cpu_counters *c = cpu_counters(s->cachep, s->cpu);
	struct slab_cpu_counters *array = cpu_counters(s->cachep, cpu);

	stats_add(s->cachep, &c->flushes, 1);
	stats_add(s->cachep, &c->slow_frees, 1);
	stats_add(s->cachep, &array->taken, taken);
	stats_add(s->cachep, &array->pushed, pushed);
	STATS_SET_FREEABLE(s->cachep, get_node(s->cachep, s->node)->slabs_free.count);
}

/*
 * Flushes the oldest objects of the array right into the shared array, or else into their slabs.
 * This is the usual flush. Returns false, with nothing done, where only percpu_take() can make
 * room.
 */
static __attribute__((noinline)) bool flush_oldest(const struct step *s, void *objp,
						   struct outcome *o)
{
	struct kmem_cache *cachep = s->cachep;
	struct kmem_cache_node *n = get_node(cachep, s->node);
	unsigned batchcount = tunable(&cachep->batchcount), nr = batchcount, room;
	struct batch b;
	struct array_cache *ac = batch_begin(&b, s->cpu, batchcount);
	uint32_t destroy = 0;
	int cpu = s->cpu, taken;
	void **to;

	node_lock(n);
	room = n->shared ? n->shared->limit - n->shared->avail : 0;
	to = room ? n->shared->entry + n->shared->avail : ac->entry;
	if (nr > (room ? room : ac->limit))
		nr = room ? room : ac->limit;
	taken = percpu_flush(cachep, to, nr, objp, &cpu);
	if (taken > 0 && room)
		put_to_shared(s, n, NULL, (unsigned)taken);
	else if (taken > 0)
		free_block(s, n, to, (unsigned)taken, &destroy);
	if (taken >= 0)
		count_flush(s, cpu, (unsigned)taken, 1);
	node_unlock(n);
	slabs_destroy(s, destroy);
	batch_end(&b);
	*o = (struct outcome){.requested = batchcount, .got = taken > 0 ? (unsigned)taken : 0};
	return taken >= 0;
}

/*
 * Frees the objects of other nodes among the first nr, and moves the remaining ones up to
 * entry[nr]. Returns how many it freed.
 */
static unsigned free_aliens(const struct step *s, void **entry, unsigned nr)
{
	unsigned first = nr;

	for (unsigned i = 0; i < nr; i++)
		if (is_alien(s, entry[i])) {
			cache_free_alien(s, entry[i]);
			entry[i] = NULL;
		}
	for (unsigned i = nr; i--;)
		if (entry[i])
			entry[--first] = entry[i];
	return first;
}

/*
 * Flushes the oldest objects, after it has taken all objects out of the array into entry. So it
 * can tell which of them belong to other nodes.
 */
static void flush_all(const struct step *s, void **entry, void *objp, struct outcome *o)
{
	struct kmem_cache *cachep = s->cachep;
	struct kmem_cache_node *n = get_node(cachep, s->node);
	unsigned batchcount = tunable(&cachep->batchcount), flushed = 0, given;
	uint32_t destroy = 0;
	int cpu = s->cpu;
	unsigned nr = percpu_take(cachep, entry, &cpu);

	/* After a migration there may be nothing to flush. */
	if (nr < tunable(&cachep->limit))
		batchcount = 0;
	else if (batchcount > nr)
		batchcount = nr; /* kmem_cache_tune() ran meanwhile */
	if (cachep->nr_nodes > 1)
		flushed = free_aliens(s, entry, batchcount);
	node_lock(n);
	if (batchcount > flushed) {
		given = put_to_shared(s, n, entry + flushed, batchcount - flushed);
		if (!given) {
			given = batchcount - flushed;
			free_block(s, n, entry + flushed, given, &destroy);
		}
		flushed += given;
	}
	count_flush(s, s->cpu, nr, nr + 1 - flushed);
	node_unlock(n);
	slabs_destroy(s, destroy);

	if (unlikely(cpu != s->cpu)) {
		count_taken(cachep, s->cpu, -(uint64_t)nr);
		count_taken(cachep, cpu, nr);
	}
	entry[nr++] = objp;
	publish(s, entry + flushed, nr - flushed);
	*o = (struct outcome){.requested = batchcount, .got = flushed};
}

/* Frees an object right into its slab: there is no array, or no memory for a flush. */
static void flush_nothing(const struct step *s, void *objp, struct outcome *o)
{
	struct kmem_cache_node *n = get_node(s->cachep, s->node);

	node_lock(n);
	count_flush(s, s->cpu, 0, 0);
	node_unlock(n);
	give_back(s, &objp, 1);
	*o = (struct outcome){.requested = 1, .got = 1};
}

void cache_flusharray(const struct step *s, void *objp, struct outcome *o)
{
	struct array_cache *ac;

	check_irq_off();
	if (s->cachep->nr_nodes == 1 && flush_oldest(s, objp, o))
		return;
	ac = percpu_has_array(s->cachep) ? scratch_take(SCRATCH_BATCH, s->cpu) : NULL;
	if (unlikely(!ac)) {
		flush_nothing(s, objp, o);
		return;
	}
	flush_all(s, ac->entry, objp, o);
	scratch_put(SCRATCH_BATCH, s->cpu, ac);
}

void give_back(const struct step *s, void **objpp, unsigned nr)
{
	for (unsigned done = 0; done < nr;) {
		struct step on = step_on_node(s, virt_to_slab(objpp[done])->node);
		struct kmem_cache_node *n = get_node(s->cachep, on.node);
		unsigned same = done + 1;
		uint32_t destroy = 0;

		while (same < nr && virt_to_slab(objpp[same])->node == (unsigned)on.node)
			same++;
		node_lock(n);
		free_block(&on, n, objpp + done, same - done, &destroy);
		node_unlock(n);
		slabs_destroy(&on, destroy);
		done = same;
	}
}
