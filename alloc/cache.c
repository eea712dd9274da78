// SPDX-License-Identifier: MIT
/*
 * cache.c: makes, shrinks and destroys a cache. A cache is one mapping: its structure, the blocks
 * of the CPUs, the nodes, and the arrays and locks of the CPUs. Only pages in use become
 * resident.
 */
#include "cache.h"

#include <errno.h>
#include <string.h>

#include "caches.h"
#include "freelist.h"
#include "init.h"
#include "node.h"
#include "percpu.h"
#include "registry.h"
#include "scratch.h"
#include "step.h"
#include "topology.h"

_Static_assert(SLAB_VIRTUAL_NODES == SLAB_NODES_MAX, "made-up nodes are nodes");

#define SLAB_FLAGS \
	(SLAB_HWCACHE_ALIGN | SLAB_NO_SHARED | SLAB_BUFCTL | SLAB_OFF_SLAB | SLAB_ON_SLAB)

/*
 * Sets the tunables by the size of the objects, with the limits of the kernel's enable_cpucache().
 */
static void default_tunables(struct kmem_cache *cachep)
{
	cachep->limit = cachep->size > 131072		? 1
			: cachep->size > SLAB_PAGE_SIZE ? 8
			: cachep->size > 1024		? 24
			: cachep->size > 256		? 54
							: 120;
	cachep->batchcount = (cachep->limit + 1) / 2;
	cachep->shared = cachep->size <= SLAB_PAGE_SIZE && cachep->nr_cpus > 1 ? 8 : 0;
}

static size_t part(size_t *total, size_t bytes)
{
	size_t at = (*total + 63) & ~(size_t)63;

	*total = at + bytes;
	return at;
}

/* A hit may read the units of so many CPUs; the first cpus of them have an array. */
static struct kmem_cache *map_cache(unsigned units, unsigned cpus, unsigned nodes)
{
	size_t bytes = sizeof(struct kmem_cache) + units * sizeof(struct slab_cpu);
	size_t node = part(&bytes, nodes * sizeof(struct kmem_cache_node));
	size_t gauges = part(&bytes, sizeof(struct slab_registry_gauges));
	size_t cpu_node = part(&bytes, cpus);
	size_t lock = part(&bytes, cpus * sizeof(pthread_mutex_t));
	size_t entries;
	char *at;

	bytes = (bytes + SLAB_PAGE_SIZE - 1) & ~(size_t)(SLAB_PAGE_SIZE - 1);
	entries = part(&bytes, (size_t)cpus * SLAB_ARRAY_STRIDE * sizeof(void *));
	at = pages_map(bytes);
	if (at) {
		struct kmem_cache *cachep = (struct kmem_cache *)at;

		cachep->mapped = bytes;
		cachep->nr_cpus = cpus;
		cachep->nr_nodes = nodes;
		cachep->node = (struct kmem_cache_node *)(at + node);
		cachep->gauges = (struct slab_registry_gauges *)(at + gauges);
		cachep->cpu_node = (uint8_t *)(at + cpu_node);
		cachep->lock = (pthread_mutex_t *)(at + lock); /* all zero is initialised */
		cachep->entries = (void **)(at + entries);
	}
	return (struct kmem_cache *)at;
}

static int describe(struct kmem_cache *cachep, const char *name, size_t size, size_t align,
		    unsigned flags, void (*ctor)(void *), const struct slab_topology *t)
{
	unsigned want = align > sizeof(void *) ? (unsigned)align : (unsigned)sizeof(void *);
	int err;

	if ((flags & SLAB_HWCACHE_ALIGN) && want < 64 && size > 32)
		want = 64;
	snprintf(cachep->name, sizeof(cachep->name), "%s", name);
	cachep->object_size = (unsigned)size;
	cachep->align = want;
	cachep->size = ((unsigned)size + want - 1) & ~(want - 1);
	cachep->flags = flags;
	cachep->ctor = ctor;
	err = t && t->num ? slab_layout_as(cachep, t->num, t->order) : slab_layout(cachep);
	return err || !cachep->off_slab ? err : freelist_init(cachep);
}

static void unmap_cache(struct kmem_cache *cachep, unsigned nodes)
{
	while (nodes--)
		node_destroy(cachep, (int)nodes);
	pages_unmap(cachep, cachep->mapped);
}

/* Returns whether a topology is valid. A batchcount of 0 would grow the cache for ever. */
static bool sensible_topology(const struct slab_topology *t)
{
	for (unsigned cpu = 0; t->cpus && t->cpu_node && cpu < t->cpus && cpu < SLAB_VIRTUAL_CPUS;
	     cpu++)
		if (t->cpu_node[cpu] >= t->nodes)
			return false;
	if (t->cpus && (t->nodes < 1 || t->nodes > SLAB_NODES_MAX))
		return false;
	return t->cpus <= SLAB_VIRTUAL_CPUS && t->limit <= SLAB_LIMIT_MAX &&
	       t->batchcount <= t->limit && (!t->limit || t->batchcount) &&
	       t->sharedfactor <= SLAB_SHAREDFACTOR_MAX;
}

struct kmem_cache *cache_create(const char *name, size_t size, size_t align, unsigned flags,
				void (*ctor)(void *), const struct slab_topology *t)
{
	const struct init *init = init_once();
	bool real = !t || !t->cpus;
	struct kmem_cache *cachep;
	unsigned node = 0;
	int err = init->error;

	if (flags & ~SLAB_FLAGS)
		err = -EINVAL;
	if (!name || !*name || !size || size > SLAB_SIZE_MAX || align & (align - 1) ||
	    align > SLAB_PAGE_SIZE)
		err = -EINVAL;
	if (t && !sensible_topology(t))
		err = -EINVAL;
	if (err) {
		errno = -err;
		return NULL;
	}
	cachep = real ? map_cache(init->cpu_bound, init->possible_cpus, topology_nodes())
		      : map_cache(t->cpus, t->cpus, t->nodes);
	if (!cachep) {
		errno = ENOMEM;
		return NULL;
	}
	cachep->backend = real ? init->backend : CACHE_VIRTUAL;
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		cachep->cpu_node[cpu] = (uint8_t)(real		? (unsigned)topology_node(cpu)
						  : t->cpu_node ? t->cpu_node[cpu]
								: cpu % t->nodes);
	err = describe(cachep, name, size, align, flags, ctor, t);
	if (!err) {
		default_tunables(cachep);
		if (flags & SLAB_NO_SHARED)
			cachep->shared = 0;
		if (t && t->limit) {
			cachep->limit = t->limit;
			cachep->batchcount = t->batchcount;
			cachep->shared = t->sharedfactor;
		}
		for (; node < cachep->nr_nodes && !err; node++)
			err = node_init(cachep, (int)node);
	}
	if (err) {
		unmap_cache(cachep, node);
		errno = -err;
		return NULL;
	}
	caches_add(cachep);
	if (PROBE_ENABLED(cache_create))
		probe_cache_create(cachep->id, cachep->name, cachep->object_size, cachep->entry);
	return cachep;
}

struct kmem_cache *slab_cache_create_abi(unsigned abi, const char *name, size_t size, size_t align,
					 unsigned flags, void (*ctor)(void *))
{
	if (abi != SLAB_ABI) {
		fprintf(stderr,
			"libslab: \"%s\" was built for ABI %u, this library has %d: rebuild it\n",
			name ? name : "", abi, SLAB_ABI);
		errno = EINVAL;
		return NULL;
	}
	return cache_create(name, size, align, flags, ctor, NULL);
}

/* Gives all objects in arrays back to the slabs. */
static void drain_arrays(struct kmem_cache *cachep)
{
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		step_drain_cpu(cachep, (int)cpu, UINT32_MAX);
	/* Aliens first: they go to the shared array of their node. */
	for (int node = 0; node < (int)cachep->nr_nodes; node++)
		step_drain_aliens(cachep, node);
	for (int node = 0; node < (int)cachep->nr_nodes; node++)
		step_drain_shared(cachep, node, UINT32_MAX);
}

static unsigned shrink(struct kmem_cache *cachep)
{
	unsigned given = 0;

	drain_arrays(cachep);
	for (int node = 0; node < (int)cachep->nr_nodes; node++)
		given += step_shrink_node(cachep, node, UINT32_MAX);
	return given;
}

int kmem_cache_shrink(struct kmem_cache *cachep)
{
	unsigned given = shrink(cachep);

	pages_trim();
	scratch_trim();
	if (PROBE_ENABLED(shrink))
		probe_shrink(cachep->id);
	return (int)given;
}

unsigned kmem_cache_size(const struct kmem_cache *cachep)
{
	return cachep->object_size;
}

void kmem_cache_destroy(struct kmem_cache *cachep)
{
	unsigned long slabs = 0;
	int err;

	if (!cachep)
		return;
	shrink(cachep);
	for (unsigned node = 0; node < cachep->nr_nodes; node++) {
		struct kmem_cache_node *n = get_node(cachep, (int)node);

		slabs += n->slabs_full.count + n->slabs_partial.count;
	}
	err = slabs ? percpu_can_drain(cachep) : 0;
	if (err) {
		fprintf(stderr,
			"libslab: kmem_cache_destroy(\"%s\"): cannot empty the arrays of all CPUs: "
			"%s; the cache is kept\n",
			cachep->name, strerror(-err));
		return;
	}
	if (slabs) {
		fprintf(stderr,
			"libslab: kmem_cache_destroy(\"%s\"): objects are still in use in %lu "
			"slabs; the cache is kept\n",
			cachep->name, slabs);
		return;
	}
	registry_fire_totals(cachep);
	if (PROBE_ENABLED(cache_destroy))
		probe_cache_destroy(cachep->id, cachep->name, cachep->object_size);
	caches_remove(cachep);
	unmap_cache(cachep, cachep->nr_nodes);
}
