/* SPDX-License-Identifier: MIT */
/*
 * refill.h: the slow path in both directions. Callers use step.h, which counts and traces.
 */
#ifndef SLAB_REFILL_H
#define SLAB_REFILL_H

#include "node.h"

/* The result of a step, for its probe and its counters. */
struct outcome {
	unsigned requested;	 /* objects */
	unsigned got;		 /* by a refill, with the returned one; or given back by a flush */
	enum slab_origin origin; /* of a refill */
};

/* Returns how many objects a refill that begins on this CPU requests. */
unsigned refill_batchcount(const struct kmem_cache *cachep, int cpu);

/*
 * Refills the empty array of a CPU: takes a batch from the shared array, the partial slabs, the
 * free slabs or a new slab. Returns one object and puts the others into the array of the CPU that
 * it runs on by then. Returns NULL when there is no memory. force_refill: the array holds objects
 * of the emergency reserve only, so the refill grows first.
 */
void *cache_alloc_refill(const struct step *s, bool force_refill, struct outcome *o);

/*
 * Flushes the full array of a CPU: gives its oldest batchcount objects to the shared array, or to
 * their slabs, and puts objp into the array.
 */
void cache_flusharray(const struct step *s, void *objp, struct outcome *o);

/* Makes a slab and adds it to the free list of the node. Returns false when there is no memory. */
bool cache_grow(const struct step *s);

/* Counts objects that left a CPU's array, except by hits. */
void count_taken(struct kmem_cache *cachep, int cpu, uint64_t nr);

/* Gives objects that are in no array back to their slabs, on any nodes. */
void give_back(const struct step *s, void **objpp, unsigned nr);

#endif
