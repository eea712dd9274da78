/* SPDX-License-Identifier: MIT */
/*
 * api.h: calls out of line. cpu is the CPU of a virtual cache; a real cache ignores it.
 */
#ifndef SLAB_API_H
#define SLAB_API_H

#include "structs.h"

/*
 * Allocates an object of a node as kmem_cache_alloc_node(), with node -1 as kmem_cache_alloc().
 * Returns NULL where there is no memory or no such node.
 */
void *api_alloc_node(struct kmem_cache *cachep, unsigned flags, int cpu, int node);

/* Frees an object as kmem_cache_free(). */
void api_free(struct kmem_cache *cachep, void *objp, int cpu);

/* Fires the probe `events`, where it is traced: what the array of a stopped CPU holds. */
void api_report_events(struct kmem_cache *cachep, int cpu);

/* Sends the same through a ring. The lock of the CPU may be held. */
void api_send_events(struct kmem_cache *cachep, int cpu);

/* Fires the probe `free`, where it is traced. */
void api_report_free(struct kmem_cache *cachep, int cpu, const void *objp);

#endif
