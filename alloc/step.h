/* SPDX-License-Identifier: MIT */
/*
 * step.h: one run of the slow path: the algorithm of refill.h, which step.c times and reports to
 * tracers. Only the running step may know some objects, so fork() waits for its end.
 */
#ifndef SLAB_STEP_H
#define SLAB_STEP_H

#include "structs.h"
#include "measure.h"

/* The hook of measure.h, or NULL. */
extern slab_refill_hook *step_refill_hook __attribute__((visibility("hidden")));

/*
 * Gets memory back from other caches, before an allocation fails; returns whether it got any.
 * init.c sets it: reap.c, which does this, is above the steps.
 */
extern bool (*step_reclaim)(void) __attribute__((visibility("hidden")));

/*
 * Refills the empty array of a CPU and returns an object; NULL with errno ENOMEM when there is no
 * memory.
 */
void *step_refill(struct kmem_cache *cachep, unsigned flags, int cpu, bool force_refill);

/* Frees an object on a CPU whose array is full. */
void step_flush(struct kmem_cache *cachep, void *objp, int cpu);

/*
 * Takes an object from the slabs of a node, without the CPU's array: a bypass. Grows the node
 * where it must. Returns NULL with errno ENOMEM when there is no memory.
 */
void *step_alloc_node(struct kmem_cache *cachep, unsigned flags, int cpu, int node);

/* Frees an object of another node than the CPU's, without the CPU's array. */
void step_free_alien(struct kmem_cache *cachep, void *objp, int cpu);

/*
 * Gives up to max of the oldest objects of a CPU's array back to their slabs. Returns how many, or
 * -errno (see percpu_drain()).
 */
int step_drain_cpu(struct kmem_cache *cachep, int cpu, unsigned max);

/* Give back up to max objects of the shared array, or all of the alien arrays. Return how many. */
unsigned step_drain_shared(struct kmem_cache *cachep, int node, unsigned max);
unsigned step_drain_aliens(struct kmem_cache *cachep, int node);

/* Gives up to max free slabs of the node back to the page level. Returns how many. */
unsigned step_shrink_node(struct kmem_cache *cachep, int node, unsigned max);

/* Fires the probe `reap`, where it is traced. */
void step_report_reap(struct kmem_cache *cachep, int node, unsigned count);

#endif
