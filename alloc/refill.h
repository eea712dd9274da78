/* SPDX-License-Identifier: MIT */
/*
 * refill.h: the slow path both ways, each step one page in refill.c. Callers go through step.h, which
 * counts and traces.
 */
#ifndef SLAB_REFILL_H
#define SLAB_REFILL_H

#include "node.h"

/* What a step did, for its probe and its counters. */
struct outcome {
	unsigned requested;	 /* objects */
	unsigned got;		 /* a refill's: the returned one included; a flush's: given back */
	enum slab_origin origin; /* of a refill */
};

/* How many objects a refill that begins on this CPU asks for. */
unsigned refill_batchcount(const struct kmem_cache *cachep, int cpu);

/*
 * The CPU's array is empty: takes a batch of objects from the shared array, the partial slabs, the
 * free slabs or a new slab, puts all but one into the array of whatever CPU the thread runs on then,
 * and returns that one; NULL when there is no memory. force_refill: the array is not empty, but has only
 * objects of the emergency reserve, so that the first thing is to grow.
 */
void *cache_alloc_refill(const struct step *s, bool force_refill, struct outcome *o);

/*
 * The CPU's array is full: gives its oldest batchcount objects to the shared array, or to their
 * slabs, and puts objp into the array.
 */
void cache_flusharray(const struct step *s, void *objp, struct outcome *o);

/* Makes a slab and adds it to the node's free list. Returns false when there is no memory. */
bool cache_grow(const struct step *s);

/* Counts objects that left a CPU's array other than by a hit. */
void count_taken(struct kmem_cache *cachep, int cpu, uint64_t nr);

/* Gives objects that are in no array back to their slabs, of whatever nodes. */
void give_back(const struct step *s, void **objpp, unsigned nr);

#endif
