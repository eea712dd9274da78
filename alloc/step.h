/* SPDX-License-Identifier: MIT */
/*
 * step.h: one run of the slow path: the algorithm of refill.h, timed and reported while somebody
 * traces.
 */
#ifndef SLAB_STEP_H
#define SLAB_STEP_H

#include "cache.h"

/* cache_alloc_refill() for a CPU whose array was found empty. NULL when there is no memory. */
void *step_refill(struct kmem_cache *cachep, int cpu);

/* cache_flusharray() for a CPU whose array was found full. */
void step_flush(struct kmem_cache *cachep, void *objp, int cpu);

/* Gives up to max free slabs of each node back to the page level. Returns how many. */
unsigned step_shrink(struct kmem_cache *cachep, unsigned max);

/* Objects that a CPU's array held go back to their slabs. */
void step_give_back(struct kmem_cache *cachep, void **objpp, unsigned nr, int cpu);

/* Likewise what the node's shared array holds. */
void step_drain_shared(struct kmem_cache *cachep, int node);

#endif
