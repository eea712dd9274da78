/* SPDX-License-Identifier: MIT */
/*
 * step.h: one run of the slow path: the algorithm of refill.h, timed and reported while somebody
 * traces. While a step runs, objects may be in nobody's list but its own: fork() waits for its end.
 */
#ifndef SLAB_STEP_H
#define SLAB_STEP_H

#include "structs.h"
#include "measure.h"

/* Who is told of each refill's duration, or NULL; see measure.h. */
extern slab_refill_hook *step_refill_hook __attribute__((visibility("hidden")));

/* cache_alloc_refill() for a CPU whose array was found empty. NULL when there is no memory. */
void *step_refill(struct kmem_cache *cachep, unsigned flags, int cpu, bool force_refill);

/* cache_flusharray() for a CPU whose array was found full. */
void step_flush(struct kmem_cache *cachep, void *objp, int cpu);

/* An object of the given node's slabs, growing it if need be, past the CPU's array: a bypass. */
void *step_alloc_node(struct kmem_cache *cachep, unsigned flags, int cpu, int node);

/* Frees an object of another node than the CPU's, past the CPU's array. */
void step_free_alien(struct kmem_cache *cachep, void *objp, int cpu);

/*
 * Takes up to max of the oldest objects out of a CPU's array, and gives them back to their slabs.
 * Returns how many, or -errno (see percpu_drain()).
 */
int step_drain_cpu(struct kmem_cache *cachep, int cpu, unsigned max);

/* Likewise out of the node's shared array; step_drain_aliens() all of its alien arrays. */
unsigned step_drain_shared(struct kmem_cache *cachep, int node, unsigned max);
unsigned step_drain_aliens(struct kmem_cache *cachep, int node);

/* Gives up to max free slabs of the node back to the page level. Returns how many. */
unsigned step_shrink_node(struct kmem_cache *cachep, int node, unsigned max);

/* Fires `reap`. */
void step_report_reap(struct kmem_cache *cachep, int node, unsigned count);

#endif
