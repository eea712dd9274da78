// SPDX-License-Identifier: MIT
/*
 * stats.c: the counters of DEBUG_SLAB, from the counters that libslab always keeps.
 */
#include "slab.h"

#include "structs.h"

static uint64_t counter(const uint64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

/* Each value is exact, but other threads may change some between two reads. */
void kmem_cache_get_stats(struct kmem_cache *cachep, struct kmem_cache_stats *to)
{
	const uint64_t *from = (const uint64_t *)&cachep->stats;

	for (unsigned i = 0; i < sizeof(*to) / sizeof(*from); i++)
		((uint64_t *)to)[i] = counter(&from[i]);
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++) {
		const struct slab_cpu_counters *c = cpu_counters(cachep, (int)cpu);
		uint64_t state = counter(&cachep->cpu[cpu].state), hits = state >> 16;

		to->allochit += hits;
		to->allocmiss += counter(&c->refills) + counter(&c->origins[SLAB_ORIGIN_FAILED]);
		to->freemiss += counter(&c->flushes);
		/* Frees that the array took: objects that came in, except by batches. */
		to->freehit +=
			(state & SLAB_AVAIL_MASK) + hits + counter(&c->taken) - counter(&c->pushed);
	}
}
