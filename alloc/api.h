/* SPDX-License-Identifier: MIT */
/*
 * api.h: calls out of line, on a CPU. Of a virtual cache cpu is the CPU; of a real one it is ignored.
 */
#ifndef SLAB_API_H
#define SLAB_API_H

#include "structs.h"

/* Allocates from the slabs of a node, or for node -1 as kmem_cache_alloc(). NULL: no memory. */
void *api_alloc_node(struct kmem_cache *cachep, unsigned flags, int cpu, int node);

void api_free(struct kmem_cache *cachep, void *objp, int cpu);

/* Fires `free`. */
void api_report_free(struct kmem_cache *cachep, int cpu, const void *objp);

#endif
