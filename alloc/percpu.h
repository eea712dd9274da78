/* SPDX-License-Identifier: MIT */
/*
 * percpu.h: the array of free objects that each CPU owns, and the only code that touches it.
 *
 * Three back ends run the same four operations:
 *   rseq     restartable sequences. A thread may be migrated between two operations, so each says
 *            on which CPU it took place.
 *   lock     a lock a CPU. Every unit stays stopped (limit 0), so that inlined hits come here.
 *   virtual  made-up CPUs: *cpu says which, and the caller sees to it that one thread runs.
 *
 * A CPU is stopped before its first use and while somebody drains it; operations then wait on its
 * lock. Callers count what they pushed and took (pushed, taken).
 */
#ifndef SLAB_PERCPU_H
#define SLAB_PERCPU_H

#include "structs.h"

/* Whether threads of this process have an rseq area that glibc registered. */
bool percpu_rseq_usable(void);

/* Numbers of CPUs that this system can ever show; array size for anything by CPU. */
unsigned percpu_possible_cpus(void);

/* The CPU that the caller runs on now; for a virtual cache, cpu. */
int percpu_this_cpu(const struct kmem_cache *cachep, int cpu);

/* Whether hits are to be seen one by one: somebody traces them, or SLAB_EVENTS=1 says so. */
extern bool percpu_events_forced __attribute__((visibility("hidden")));
static inline bool percpu_events_wanted(void)
{
	return PROBE_ENABLED(alloc) || PROBE_ENABLED(free) || unlikely(percpu_events_forced);
}

/*
 * Stops the CPU for as long as percpu_events_wanted() or the cache has pfmemalloc slabs: every call on
 * it then comes out of line, and works on the same array, under the CPU's lock. Returns whether it
 * ran before; an error (no membarrier) leaves it running.
 */
bool percpu_stop(struct kmem_cache *cachep, int cpu);

/*
 * The newest object of the CPU's array, or NULL when it is empty. Counts as a hit. Where the array holds
 * pfmemalloc objects, and flags forbid them, the newest other one; *only_reserve says that there was
 * none.
 */
void *percpu_pop(struct kmem_cache *cachep, unsigned flags, int *cpu, bool *only_reserve);

/* Puts an object on top of the CPU's array; false when it is full. */
bool percpu_put(struct kmem_cache *cachep, void *objp, int *cpu);

/* Puts as many of nr objects as there is room for on top of the CPU's array. Returns how many.
 * RSEQ_COPY_SLACK pointers behind them must be readable. */
unsigned percpu_push(struct kmem_cache *cachep, void **objpp, unsigned nr, int *cpu);

/*
 * Puts an object on top of the CPU's array; where that is full, its nr oldest objects come out into
 * objpp first (RSEQ_COPY_SLACK pointers more may be written there). Returns how many came out, nr or
 * 0; or -1, with nothing done, where the array must come out as a whole for that.
 */
int percpu_flush(struct kmem_cache *cachep, void **objpp, unsigned nr, void *objp, int *cpu);

/* Empties the CPU's array into objpp, oldest first: room for SLAB_ARRAY_STRIDE. Returns how many. */
unsigned percpu_take(struct kmem_cache *cachep, void **objpp, int *cpu);

/* Whether any CPU can be stopped from anywhere: 0, or -errno where membarrier lacks the rseq fence. */
int percpu_can_drain(const struct kmem_cache *cachep);

/*
 * Takes up to max of the oldest objects out of any CPU's array, wherever the caller runs, into objpp.
 * Returns how many, or -errno where the kernel lacks membarrier's rseq fence.
 */
int percpu_drain(struct kmem_cache *cachep, int cpu, void **objpp, unsigned max);

/* Whether the CPU ever used the cache: until then it has no array. */
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
