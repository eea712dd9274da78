/* SPDX-License-Identifier: MIT */
/*
 * virtual.h: the same algorithm on made-up CPUs, for replay and for tests: the caller says on which
 * CPU each call runs, and lets one thread at a time call. And what replay needs beyond that, some of it
 * of real caches, too. Not part of the stable interface.
 */
#ifndef SLAB_VIRTUAL_H
#define SLAB_VIRTUAL_H

#include <stdbool.h>

#include "slab.h"
#include "slab_registry.h"

#define SLAB_VIRTUAL_CPUS  4096
#define SLAB_VIRTUAL_NODES 8
/* All objects of a process lie within so many bytes. */
#define SLAB_RANGE_MAX ((size_t)1 << 40)

struct slab_topology {
	unsigned cpus;		 /* 1 to SLAB_VIRTUAL_CPUS; 0: none: see slab_virtual_create() */
	unsigned nodes;		 /* 1 to SLAB_VIRTUAL_NODES */
	const uint8_t *cpu_node; /* the node of each CPU; NULL: dealt out to them in turn */
	unsigned limit, batchcount, sharedfactor; /* limit 0: all three as for a real cache */
	unsigned num, order; /* so many objects in 1 << order pages; num 0: as for a real cache */
};

/*
 * As kmem_cache_create(); kmem_cache_alloc() and _free() must not be called on what it returns. Where t
 * names no CPUs it is a real cache, on this machine's CPUs and nodes, but with t's tunables and layout:
 * then slab_virtual_alloc(), _alloc_node() and _free() must not be called.
 */
struct kmem_cache *slab_virtual_create(const char *name, size_t size, size_t align, unsigned flags,
				       void (*ctor)(void *), const struct slab_topology *t);
void *slab_virtual_alloc(struct kmem_cache *cachep, unsigned flags, int cpu);
void *slab_virtual_alloc_node(struct kmem_cache *cachep, unsigned flags, int cpu, int node);
/* Out of the node's slabs in any case: a bypass. Of a real cache, too: by a thread on that CPU. */
void *slab_virtual_bypass(struct kmem_cache *cachep, unsigned flags, int cpu, int node);
void slab_virtual_free(struct kmem_cache *cachep, void *objp, int cpu);

/* One pass of ageing over this cache, which may be a real one. Returns how many objects left arrays. */
unsigned slab_virtual_reap(struct kmem_cache *cachep);

/* The same of one CPU's array; and of a node's shared array and free slabs: the kernel ages them one by one. */
unsigned slab_virtual_reap_cpu(struct kmem_cache *cachep, int cpu);
unsigned slab_virtual_reap_node(struct kmem_cache *cachep, int node);

/*
 * A state to begin with. adopt takes an object out of the slabs of the CPU's node, past all arrays, and
 * counts no allocation (it counts its grow and its list moves); NULL when there is no memory. disown
 * gives such objects back to their slabs, past all arrays, too; grow adds a free slab. fill puts adopted
 * objects into the CPU's array, or into its node's shared array, from the first on; it returns how many
 * found room. ageing sets, for the CPU's node, beyond how many free objects a free slab is given back (0: as
 * it is), and whether the next pass of ageing spares its shared array, and its free slabs. With a real cache: adopt and disown by a thread on that CPU, the others before anybody else
 * uses the cache.
 */
void *slab_virtual_adopt(struct kmem_cache *cachep, int cpu);
void slab_virtual_disown(struct kmem_cache *cachep, int cpu, void **objpp, unsigned nr);
bool slab_virtual_grow(struct kmem_cache *cachep, int cpu);
unsigned slab_virtual_fill(struct kmem_cache *cachep, int cpu, void **objpp, unsigned nr,
			   bool touched);
unsigned slab_virtual_fill_shared(struct kmem_cache *cachep, int cpu, void **objpp, unsigned nr);
void slab_virtual_ageing(struct kmem_cache *cachep, int cpu, unsigned free_limit,
			 bool shared_touched, bool free_touched);

/* The cache that an object, handed out and not freed, is of. */
struct kmem_cache *slab_virtual_cache(const void *objp);

/* What is counted, as it stands now. */
const struct slab_registry_cpu *slab_virtual_cpu(const struct kmem_cache *cachep, int cpu);
const struct slab_registry_gauges *slab_virtual_gauges(const struct kmem_cache *cachep);

struct slab_virtual_layout {
	unsigned buffer_size, num, nodes;
	bool sequences; /* a real cache, whose hits are restartable sequences */
	size_t slab_bytes;
	unsigned limit, batchcount, sharedfactor;
};
struct slab_virtual_layout slab_virtual_layout(const struct kmem_cache *cachep);

#endif
