/* SPDX-License-Identifier: MIT */
/*
 * percpu.h: the array of free objects that each CPU owns, and the only code that changes it.
 *
 * Three back ends run the same operations:
 *   rseq     restartable sequences. A thread may migrate between two operations, so each sets *cpu
 *            to the CPU on which it took place. In event mode each stays on *cpu: see stays().
 *   lock     a lock for each CPU. Every unit stays stopped (limit 0), so inlined hits come here.
 *   virtual  made-up CPUs: the caller sets *cpu, and runs one thread at a time.
 *
 * A CPU is stopped before its first use and while another thread drains it; operations then wait
 * for its lock. Callers count the objects that they push and take (pushed, taken).
 */
#ifndef SLAB_PERCPU_H
#define SLAB_PERCPU_H

#include "structs.h"

/*
 * Returns whether the thread may use an array: its CPU has one, and the kernel watches over its
 * sequences.
 */
bool percpu_has_array(const struct kmem_cache *cachep);

/* Returns the CPU that the caller runs on; for a virtual cache, cpu. */
int percpu_this_cpu(const struct kmem_cache *cachep, int cpu);

/* Whether every call must be visible: alloc or free is traced, or SLAB_EVENTS=1 is set. */
extern bool percpu_events_forced __attribute__((visibility("hidden")));
static inline bool percpu_events_wanted(void)
{
	return unlikely(PROBE_TRACED(alloc) | PROBE_TRACED(free) | PROBES_RECORDED |
			percpu_events_forced);
}

/*
 * Stops the CPU while percpu_events_wanted() or the cache has pfmemalloc slabs. Every call on it
 * then comes out of line and works on the same array, under the CPU's lock. Before any other thread
 * can make one, calls stopped(), if that is not NULL. Returns whether the CPU ran before, or had no
 * array yet. Where it cannot be stopped, it keeps running.
 */
bool percpu_stop(struct kmem_cache *cachep, int cpu,
		 void (*stopped)(struct kmem_cache *cachep, int cpu));

/*
 * Takes the newest object of the CPU's array and counts a hit. Returns NULL where it is empty.
 * Where flags forbid pfmemalloc objects, it takes the newest other one. *only_reserve: there was
 * no other.
 */
void *percpu_pop(struct kmem_cache *cachep, unsigned flags, int *cpu, bool *only_reserve);

/* Puts an object on top of the CPU's array. Returns false where it is full. */
bool percpu_put(struct kmem_cache *cachep, void *objp, int *cpu);

/*
 * Puts up to nr objects on top of the CPU's array, as far as it has room. Returns how many.
 * RSEQ_COPY_SLACK pointers behind them must be readable.
 */
unsigned percpu_push(struct kmem_cache *cachep, void **objpp, unsigned nr, int *cpu);

/*
 * Puts an object on top of the CPU's array. Where the array is full, first moves its nr oldest
 * objects to objpp, and may write RSEQ_COPY_SLACK pointers more. Returns how many it moved, nr or
 * 0. Returns -1, with nothing done, where only percpu_take() can make room.
 */
int percpu_flush(struct kmem_cache *cachep, void **objpp, unsigned nr, void *objp, int *cpu);

/*
 * Moves all objects of the CPU's array to objpp, which has room for SLAB_ARRAY_STRIDE, the oldest
 * first. Returns how many.
 */
unsigned percpu_take(struct kmem_cache *cachep, void **objpp, int *cpu);

/*
 * Returns 0 where this thread can stop all CPUs that used the cache, or -errno: membarrier lacks
 * the rseq fence, and the thread may not run on one of them.
 */
int percpu_can_drain(const struct kmem_cache *cachep);

/*
 * Moves up to max of the oldest objects of any CPU's array to objpp. Returns how many, or -errno as
 * percpu_can_drain().
 */
int percpu_drain(struct kmem_cache *cachep, int cpu, void **objpp, unsigned max);

/* Returns whether the CPU ever used the cache: until then it has no array. */
static inline bool percpu_used(const struct kmem_cache *cachep, int cpu)
{
	return __atomic_load_n(&cachep->cpu[cpu].entry, __ATOMIC_ACQUIRE) != NULL;
}

static inline unsigned percpu_avail(const struct kmem_cache *cachep, int cpu)
{
	return __atomic_load_n(&cachep->cpu[cpu].state, __ATOMIC_RELAXED) & SLAB_AVAIL_MASK;
}

static inline uint64_t percpu_hits(const struct kmem_cache *cachep, int cpu)
{
	return __atomic_load_n(&cachep->cpu[cpu].state, __ATOMIC_RELAXED) >> 16;
}

#endif
