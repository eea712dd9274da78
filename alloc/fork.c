// SPDX-License-Identifier: MIT
/*
 * fork.c: keeps caches usable in a child of fork(), which has a copy of each. Before the fork every
 * step ends, and the list of caches and every CPU are locked. So no list is copied in the middle of
 * a change, and the child loses no object to a thread that it does not have. The counts of the
 * child start at 0. A tracer learns from the child what it begins with.
 *
 * Handlers of the program may run between prepare() and parent() or child(), and may make any call:
 * the thread that forks passes all of these locks. Where libslab was loaded late, they do.
 */
#include "fork.h"

#include <unistd.h>

#include "api.h"
#include "caches.h"
#include "inflight.h"
#include "percpu.h"
#include "reap.h"
#include "registration.h"
#include "registry.h"
#include "ring.h"

static __thread unsigned forks __attribute__((tls_model("initial-exec"))); /* a handler may fork */

static void set_forking(struct kmem_cache *c, bool forking)
{
	__atomic_store_n(&c->forking, forking, __ATOMIC_RELAXED);
}

static void prepare(void)
{
	struct kmem_cache *first;

	if (forks++)
		return;
	first = caches_lock_all();
	in_flight_stop();
	for (struct kmem_cache *c = first; c; c = c->next) {
		for (unsigned cpu = 0; cpu < c->nr_cpus; cpu++)
			pthread_mutex_lock(&c->lock[cpu]);
		set_forking(c, true);
	}
}

/* A cache that a handler made is not locked. */
static void release(struct kmem_cache *c)
{
	if (!c->forking)
		return;
	set_forking(c, false);
	for (unsigned cpu = 0; cpu < c->nr_cpus; cpu++)
		pthread_mutex_unlock(&c->lock[cpu]);
}

static void parent(void)
{
	if (--forks)
		return;
	for (struct kmem_cache *c = caches_first(); c; c = c->next)
		release(c);
	in_flight_go();
	caches_unlock_all();
}

/*
 * Sets all counts to 0; avail stays. frees = avail + hits + taken - pushed + slow_frees is then 0.
 */
static void reset_counts(struct kmem_cache *c)
{
	for (unsigned cpu = 0; cpu < c->nr_cpus; cpu++) {
		if (!percpu_used(c, (int)cpu))
			continue;
		c->cpu[cpu].state &= SLAB_AVAIL_MASK;
		*cpu_counters(c, (int)cpu) =
			(struct slab_cpu_counters){.pushed = c->cpu[cpu].state};
	}
}

/* Fires inherited and events: the child says itself which caches it has, and what is in them. */
static void report(struct kmem_cache *c)
{
	const struct slab_registry_gauges *g = c->gauges;

	if (!PROBE_ENABLED(inherited))
		return;
	probe_inherited(c->id, c->name, c->object_size, c->entry, g->slabs_full, g->slabs_partial,
			g->slabs_free, g->free_objects, g->shared_avail);
	for (unsigned cpu = 0; cpu < c->nr_cpus; cpu++) /* one that runs reports itself later */
		if (percpu_used(c, (int)cpu) && !c->cpu[cpu].limit) {
			api_send_events(c, (int)cpu);
			api_report_events(c, (int)cpu);
		}
}

static void child(void)
{
	registration_after_fork();
	if (slab_registry.pid) /* libslab has started */
		slab_registry.pid = (uint32_t)getpid();
	ring_after_fork();
	for (struct kmem_cache *c = caches_first(); c; c = c->next)
		reset_counts(c);
	parent();
	for (struct kmem_cache *c = caches_first(); c; c = c->next)
		report(c);
	reap_after_fork();
}

void fork_init(void)
{
	pthread_atfork(prepare, parent, child);
}
