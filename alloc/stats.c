/* SPDX-License-Identifier: MIT */
/*
 * stats.c: the counters of DEBUG_SLAB, from those that the library keeps anyway.
 */
#include "cache.h"
#include "percpu.h"

void kmem_cache_get_stats(struct kmem_cache *cachep, struct kmem_cache_stats *to)
{
	*to = cachep->stats;
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++) {
		const struct slab_cpu_counters *c = cpu_counters(cachep, (int)cpu);
		uint64_t hits = percpu_hits(cachep, (int)cpu);

		to->allochit += hits;
		to->allocmiss += c->refills + c->origins[SLAB_ORIGIN_FAILED];
		to->freemiss += c->flushes;
		/* Frees that the array took: what came in, but for batches. */
		to->freehit += percpu_avail(cachep, (int)cpu) + hits + c->taken - c->pushed;
	}
}
