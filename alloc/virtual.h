/* SPDX-License-Identifier: MIT */
/*
 * virtual.h: the same algorithm on made-up CPUs, for replay and for tests: the caller says on which
 * CPU each call runs, and lets one thread at a time call. Not part of the stable interface.
 */
#ifndef SLAB_VIRTUAL_H
#define SLAB_VIRTUAL_H

#include "slab.h"

struct slab_topology {
	unsigned cpus;	/* 1 to 4096 */
	unsigned nodes; /* 1 to 8; CPUs are dealt out to them in turn */
	unsigned limit, batchcount, sharedfactor; /* limit 0: all three as for a real cache */
};

/* As kmem_cache_create(); kmem_cache_alloc() and _free() must not be called on what it returns. */
struct kmem_cache *slab_virtual_create(const char *name, size_t size, size_t align, unsigned flags,
				       void (*ctor)(void *), const struct slab_topology *t);
void *slab_virtual_alloc(struct kmem_cache *cachep, unsigned flags, int cpu);
void *slab_virtual_alloc_node(struct kmem_cache *cachep, unsigned flags, int cpu, int node);
void slab_virtual_free(struct kmem_cache *cachep, void *objp, int cpu);

/* One pass of ageing over this cache. Returns how many objects left arrays. */
unsigned slab_virtual_reap(struct kmem_cache *cachep);

#endif
