// SPDX-License-Identifier: MIT
/*
 * api.c: serves the calls that the inlined hit did not serve.
 */
#include "api.h"

#include <errno.h>

#include "percpu.h"
#include "sanitizer.h"
#include "step.h"

void api_send_events(struct kmem_cache *cachep, int cpu)
{
	ring_send_state(cachep->id, (uint64_t)cpu, percpu_avail(cachep, cpu),
			cachep->cpu[cpu].touched, (uint64_t)numa_mem_id(cachep, cpu));
}

void api_report_events(struct kmem_cache *cachep, int cpu)
{
	if (PROBE_ENABLED(events))
		probe_events(cachep->id, (uint64_t)cpu, percpu_avail(cachep, cpu),
			     percpu_hits(cachep, cpu), cachep->cpu[cpu].touched,
			     (uint64_t)numa_mem_id(cachep, cpu));
}

/*
 * Turns event mode on for the caller's CPU, at its first slow path after tracing began: stops it,
 * so that every call comes here. Returns the CPU, on which the call then stays.
 */
static int see_events(struct kmem_cache *cachep, int cpu)
{
	cpu = percpu_this_cpu(cachep, cpu);
	if (percpu_stop(cachep, cpu, api_send_events))
		api_report_events(cachep, cpu);
	return cpu;
}

static void report_alloc(struct kmem_cache *cachep, int cpu, int node, void *objp, unsigned flags,
			 enum slab_served served)
{
	if (PROBE_ENABLED(alloc))
		probe_alloc(cachep->id, (uint64_t)cpu, (uint64_t)node, objp, flags,
			    objp ? served : SLAB_SERVED_FAILED);
}

static void *alloc_on(struct kmem_cache *cachep, unsigned flags, int cpu)
{
	enum slab_served served = SLAB_SERVED_HIT;
	bool only_reserve;
	void *objp;

	if (unlikely(percpu_events_wanted()))
		cpu = see_events(cachep, cpu);
	objp = percpu_pop(cachep, flags, &cpu, &only_reserve);
	if (!objp && unlikely(!percpu_has_array(cachep))) {
		objp = step_alloc_node(cachep, flags, cpu, numa_mem_id(cachep, cpu));
		served = SLAB_SERVED_BYPASS;
	} else if (!objp) {
		objp = step_refill(cachep, flags, cpu, only_reserve);
		served = SLAB_SERVED_REFILL;
	}
	report_alloc(cachep, cpu, numa_mem_id(cachep, cpu), objp, flags, served);
	sanitizer_acquire(objp);
	return objp;
}

void api_report_free(struct kmem_cache *cachep, int cpu, const void *objp)
{
	if (PROBE_ENABLED(free))
		probe_free(cachep->id, (uint64_t)cpu, (uint64_t)numa_mem_id(cachep, cpu), objp);
}

void api_free(struct kmem_cache *cachep, void *objp, int cpu)
{
	sanitizer_release(objp);
	if (unlikely(percpu_events_wanted())) {
		cpu = see_events(cachep, cpu);
		api_report_free(cachep, cpu, objp);
	}
	if (!percpu_put(cachep, objp, &cpu))
		step_flush(cachep, objp, cpu);
}

void *api_alloc_node(struct kmem_cache *cachep, unsigned flags, int cpu, int node)
{
	void *objp;

	if (node >= (int)cachep->nr_nodes) {
		errno = EINVAL;
		return NULL;
	}
	/* The array of a real CPU may hold aliens: see slab_virtual_free(). */
	if (node < 0 || (node == numa_mem_id(cachep, cpu) &&
			 (cachep->nr_nodes == 1 || cachep->backend == CACHE_VIRTUAL)))
		return alloc_on(cachep, flags, cpu);
	objp = step_alloc_node(cachep, flags, cpu, node);
	report_alloc(cachep, cpu, node, objp, flags, SLAB_SERVED_BYPASS);
	sanitizer_acquire(objp);
	return objp;
}

void *slab_alloc(struct kmem_cache *cachep, unsigned flags)
{
	return alloc_on(cachep, flags, 0);
}

void slab_free(struct kmem_cache *cachep, void *objp)
{
	api_free(cachep, objp, 0);
}

void *kmem_cache_alloc_node(struct kmem_cache *cachep, unsigned flags, int node)
{
	return api_alloc_node(cachep, flags, percpu_this_cpu(cachep, 0), node);
}
