// SPDX-License-Identifier: MIT
/*
 * tune.c: changes the tunables of a cache in use.
 */
#include "slab.h"

#include <errno.h>

#include "caches.h"
#include "node.h"
#include "percpu.h"
#include "registry.h"
#include "step.h"

static void unplan(struct node_plan *plan, unsigned nodes)
{
	while (nodes--)
		node_unplan(&plan[nodes]);
}

/* Exchanges the arrays of a node, once the old ones are empty under the lock. */
static void adopt(struct kmem_cache *cachep, int node, struct node_plan *plan)
{
	struct kmem_cache_node *n = get_node(cachep, node);

	for (;;) {
		bool empty;

		step_drain_shared(cachep, node, UINT32_MAX);
		step_drain_aliens(cachep, node);
		node_lock(n);
		empty = !n->shared || !n->shared->avail;
		for (unsigned other = 0; other < cachep->nr_nodes; other++)
			empty = empty && (!n->alien[other] || !n->alien[other]->avail);
		if (empty)
			node_adopt(cachep, node, plan);
		node_unlock(n);
		if (empty)
			return;
	}
}

int kmem_cache_tune(struct kmem_cache *cachep, unsigned limit, unsigned batchcount,
		    unsigned sharedfactor)
{
	struct node_plan plan[SLAB_NODES_MAX];
	unsigned nodes = 0;
	int err = 0;

	if (limit < 1 || limit > SLAB_LIMIT_MAX || batchcount < 1 || batchcount > limit ||
	    sharedfactor > SLAB_SHAREDFACTOR_MAX)
		return -EINVAL;
	err = percpu_can_drain(cachep);
	for (; nodes < cachep->nr_nodes && !err; nodes++)
		err = node_plan(cachep, (int)nodes, limit, batchcount, sharedfactor, &plan[nodes]);
	if (err) {
		unplan(plan, nodes);
		return err;
	}
	caches_lock_all(); /* no other tuning and no ageing meanwhile */
	__atomic_store_n(&cachep->limit, limit, __ATOMIC_RELAXED);
	__atomic_store_n(&cachep->batchcount, batchcount, __ATOMIC_RELAXED);
	cachep->shared = sharedfactor;
	/* A drained CPU continues with the new limit. */
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		step_drain_cpu(cachep, (int)cpu, UINT32_MAX);
	for (unsigned node = 0; node < cachep->nr_nodes; node++)
		adopt(cachep, (int)node, &plan[node]);
	registry_update(cachep);
	caches_unlock_all();
	unplan(plan, nodes);
	if (PROBE_ENABLED(tune))
		probe_tune(cachep->id, limit, batchcount, sharedfactor);
	return 0;
}
