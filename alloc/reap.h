/* SPDX-License-Identifier: MIT */
/*
 * reap.h: ages one cache, or one part of it. slab.h declares the passes over all caches.
 */
#ifndef SLAB_REAP_H
#define SLAB_REAP_H

#include "structs.h"

/* Runs one pass over a cache. Returns how many objects left arrays. */
unsigned cache_reap(struct kmem_cache *cachep);

/* Ages the array of one CPU. Returns how many objects left it. */
unsigned drain_array(struct kmem_cache *cachep, int cpu);

/* Ages the shared array of a node. Returns how many objects left it. */
unsigned drain_shared(struct kmem_cache *cachep, int node);

/*
 * Ages the free slabs of a node, unless a refill needed them since. Returns how many slabs it gave
 * back.
 */
unsigned drain_freelist(struct kmem_cache *cachep, int node);

/*
 * Gives all free slabs of all real caches back, because an allocation found no memory. Returns
 * whether there was one. It does nothing inside a step, or where the caller has locked the list of
 * caches.
 */
bool reap_free_slabs(void);

/* Starts the timer again in a forked child, which has only the thread that forked. */
void reap_after_fork(void);

#endif
