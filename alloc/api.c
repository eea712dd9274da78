/* SPDX-License-Identifier: MIT */
/*
 * api.c: what a call does when the inlined hit could not serve it, or was not inlined.
 */
#include "percpu.h"
#include "step.h"
#include "virtual.h"

void *slab_alloc(struct kmem_cache *cachep, unsigned flags)
{
	int cpu = 0;
	void *objp = percpu_pop(cachep, &cpu);

	(void)flags;
	return objp ? objp : step_refill(cachep, cpu);
}

void slab_free(struct kmem_cache *cachep, void *objp)
{
	int cpu = 0;

	if (!percpu_put(cachep, objp, &cpu))
		step_flush(cachep, objp, cpu);
}

void *slab_virtual_alloc(struct kmem_cache *cachep, unsigned flags, int cpu)
{
	void *objp;

	(void)flags;
	BUG_ON(cachep->backend != CACHE_VIRTUAL || (unsigned)cpu >= cachep->nr_cpus);
	objp = percpu_pop(cachep, &cpu);
	return objp ? objp : step_refill(cachep, cpu);
}

void slab_virtual_free(struct kmem_cache *cachep, void *objp, int cpu)
{
	BUG_ON(cachep->backend != CACHE_VIRTUAL || (unsigned)cpu >= cachep->nr_cpus);
	if (!percpu_put(cachep, objp, &cpu))
		step_flush(cachep, objp, cpu);
}
