// SPDX-License-Identifier: MIT
/*
 * virtual.c: the calls of virtual caches, and what a replay needs besides: an initial state, and
 * the counters.
 */
#include "virtual.h"

#include "api.h"
#include "cache.h"
#include "percpu.h"
#include "reap.h"
#include "refill.h"
#include "slab_desc.h"
#include "step.h"

struct kmem_cache *slab_virtual_create(const char *name, size_t size, size_t align, unsigned flags,
				       void (*ctor)(void *), const struct slab_topology *t)
{
	return cache_create(name, size, align, flags, ctor, t);
}

void *slab_virtual_alloc(struct kmem_cache *cachep, unsigned flags, int cpu)
{
	return slab_virtual_alloc_node(cachep, flags, cpu, -1);
}

void *slab_virtual_alloc_node(struct kmem_cache *cachep, unsigned flags, int cpu, int node)
{
	BUG_ON(cachep->backend != CACHE_VIRTUAL || (unsigned)cpu >= cachep->nr_cpus);
	return api_alloc_node(cachep, flags, cpu, node);
}

/*
 * On made-up CPUs an object of another node goes to the alien array at once, as in the kernel.
 * Real CPUs sort their aliens out when they flush, because the inlined hit cannot look at nodes.
 */
void slab_virtual_free(struct kmem_cache *cachep, void *objp, int cpu)
{
	BUG_ON(cachep->backend != CACHE_VIRTUAL || (unsigned)cpu >= cachep->nr_cpus);
	if (cachep->nr_nodes > 1 &&
	    virt_to_slab(objp)->node != (unsigned)numa_mem_id(cachep, cpu)) {
		api_report_free(cachep, cpu, objp);
		step_free_alien(cachep, objp, cpu);
		return;
	}
	api_free(cachep, objp, cpu);
}

unsigned slab_virtual_reap(struct kmem_cache *cachep)
{
	return cache_reap(cachep);
}

unsigned slab_virtual_reap_cpu(struct kmem_cache *cachep, int cpu)
{
	return drain_array(cachep, cpu);
}

unsigned slab_virtual_reap_node(struct kmem_cache *cachep, int node)
{
	unsigned drained = drain_shared(cachep, node);

	drain_freelist(cachep, node);
	return drained;
}

static struct step quiet_step(struct kmem_cache *cachep, int cpu)
{
	BUG_ON((unsigned)cpu >= cachep->nr_cpus);
	return (struct step){.cachep = cachep, .cpu = cpu, .node = numa_mem_id(cachep, cpu)};
}

void *slab_virtual_adopt(struct kmem_cache *cachep, int cpu)
{
	struct step s = quiet_step(cachep, cpu);
	struct kmem_cache_node *n = get_node(cachep, s.node);
	bool touched = n->free_touched;
	void *objp = node_alloc_one(&s);

	while (!objp && cache_grow(&s))
		objp = node_alloc_one(&s);
	n->free_touched = touched; /* this is no refill */
	return objp;
}

void slab_virtual_disown(struct kmem_cache *cachep, int cpu, void **objpp, unsigned nr)
{
	struct step s = quiet_step(cachep, cpu);

	give_back(&s, objpp, nr);
}

bool slab_virtual_grow(struct kmem_cache *cachep, int cpu)
{
	struct step s = quiet_step(cachep, cpu);

	return cache_grow(&s);
}

unsigned slab_virtual_fill(struct kmem_cache *cachep, int cpu, void **objpp, unsigned nr,
			   bool touched)
{
	unsigned filled = 0;

	while (filled < nr && percpu_put(cachep, objpp[filled], &cpu))
		filled++;
	cpu_counters(cachep, cpu)->pushed += filled; /* these are no frees */
	cachep->cpu[cpu].touched = touched;
	return filled;
}

unsigned slab_virtual_fill_shared(struct kmem_cache *cachep, int cpu, void **objpp, unsigned nr)
{
	struct array_cache *shared = get_node(cachep, numa_mem_id(cachep, cpu))->shared;
	unsigned filled = 0;

	while (shared && filled < nr && shared->avail < shared->limit)
		shared->entry[shared->avail++] = objpp[filled++];
	cachep->gauges->shared_avail += filled;
	return filled;
}

void slab_virtual_ageing(struct kmem_cache *cachep, int cpu, unsigned free_limit,
			 bool shared_touched, bool free_touched)
{
	struct kmem_cache_node *n = get_node(cachep, numa_mem_id(cachep, cpu));

	if (n->shared)
		n->shared->touched = shared_touched;
	n->free_touched = free_touched;
	if (free_limit)
		n->free_limit = free_limit;
}

void *slab_virtual_bypass(struct kmem_cache *cachep, unsigned flags, int cpu, int node)
{
	BUG_ON((unsigned)cpu >= cachep->nr_cpus);
	if (node < 0 || node >= (int)cachep->nr_nodes)
		return NULL;
	return step_alloc_node(cachep, flags, cpu, node);
}

struct kmem_cache *slab_virtual_cache(const void *objp)
{
	return virt_to_slab(objp)->cache;
}

const struct slab_registry_cpu *slab_virtual_cpu(const struct kmem_cache *cachep, int cpu)
{
	return (const struct slab_registry_cpu *)&cachep->cpu[cpu];
}

const struct slab_registry_gauges *slab_virtual_gauges(const struct kmem_cache *cachep)
{
	return cachep->gauges;
}

struct slab_virtual_layout slab_virtual_layout(const struct kmem_cache *cachep)
{
	return (struct slab_virtual_layout){
		.buffer_size = cachep->size,
		.num = cachep->num,
		.nodes = cachep->nr_nodes,
		.sequences = cachep->backend == CACHE_RSEQ,
		.slab_bytes = (size_t)SLAB_PAGE_SIZE << cachep->order,
		.limit = cachep->limit,
		.batchcount = cachep->batchcount,
		.sharedfactor = cachep->shared,
	};
}
