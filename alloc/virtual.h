/* SPDX-License-Identifier: MIT */
/*
 * virtual.h: the same algorithm on made-up CPUs, for the replay and for tests. The caller names
 * the CPU of each call, and runs one thread at a time. The replay uses some of these calls on
 * real caches too. Not part of the stable interface.
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
	unsigned cpus;		 /* 1 to SLAB_VIRTUAL_CPUS; 0: see slab_virtual_create() */
	unsigned nodes;		 /* 1 to SLAB_VIRTUAL_NODES */
	const uint8_t *cpu_node; /* the node of each CPU; NULL: the nodes in turn */
	unsigned limit, batchcount, sharedfactor; /* limit 0: all three as for a real cache */
	unsigned num, order; /* num objects in 1 << order pages; num 0: as for a real cache */
};

/*
 * Makes a cache as kmem_cache_create(), for slab_virtual_alloc(), _alloc_node() and _free()
 * instead of kmem_cache_alloc() and _free(). Where t->cpus is 0 it makes a real cache, on the
 * CPUs and nodes of the machine, with the tunables and the layout of t; only the calls of slab.h
 * then serve it.
 */
struct kmem_cache *slab_virtual_create(const char *name, size_t size, size_t align, unsigned flags,
				       void (*ctor)(void *), const struct slab_topology *t);
void *slab_virtual_alloc(struct kmem_cache *cachep, unsigned flags, int cpu);
void *slab_virtual_alloc_node(struct kmem_cache *cachep, unsigned flags, int cpu, int node);
/*
 * Takes an object from the slabs of the node in any case: a bypass. Serves real caches too, for a
 * thread on that CPU.
 */
void *slab_virtual_bypass(struct kmem_cache *cachep, unsigned flags, int cpu, int node);
void slab_virtual_free(struct kmem_cache *cachep, void *objp, int cpu);

/*
 * Runs one pass of ageing over a cache, also over a real one. Returns how many objects left arrays.
 */
unsigned slab_virtual_reap(struct kmem_cache *cachep);

/*
 * Age the array of one CPU, or the shared array and the free slabs of a node, as the kernel does
 * one by one. Return how many objects left arrays.
 */
unsigned slab_virtual_reap_cpu(struct kmem_cache *cachep, int cpu);
unsigned slab_virtual_reap_node(struct kmem_cache *cachep, int node);

/*
 * These set the initial state of a cache. adopt takes an object from the slabs of the CPU's node,
 * without arrays. It counts a grow and list moves, but no allocation. It returns NULL when there
 * is no memory. disown gives such objects back to their slabs, without arrays. grow adds a free
 * slab. fill puts adopted objects into the CPU's array, and fill_shared into the shared array of
 * its node. Both return how many, from the first on, found room. ageing sets the free_limit of
 * the CPU's node (0: unchanged), and whether the next pass of ageing spares its shared array and
 * its free slabs. With a real cache a thread on that CPU calls adopt and disown; the others run
 * before other threads use the cache.
 */
void *slab_virtual_adopt(struct kmem_cache *cachep, int cpu);
void slab_virtual_disown(struct kmem_cache *cachep, int cpu, void **objpp, unsigned nr);
bool slab_virtual_grow(struct kmem_cache *cachep, int cpu);
unsigned slab_virtual_fill(struct kmem_cache *cachep, int cpu, void **objpp, unsigned nr,
			   bool touched);
unsigned slab_virtual_fill_shared(struct kmem_cache *cachep, int cpu, void **objpp, unsigned nr);
void slab_virtual_ageing(struct kmem_cache *cachep, int cpu, unsigned free_limit,
			 bool shared_touched, bool free_touched);

/* Returns the cache of an allocated object. */
struct kmem_cache *slab_virtual_cache(const void *objp);

/* Return the current counters of a CPU, and the gauges of a cache. */
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
