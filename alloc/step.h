/* SPDX-License-Identifier: MIT */
/*
 * step.h: one run of the slow path: the algorithm of refill.h, counted, and timed and reported
 * while somebody traces.
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

#endif
