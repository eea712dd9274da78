/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* fabricate.h: made-up snapshots for the tests of model, screens and JSON. */
#ifndef FABRICATE_H
#define FABRICATE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "model/snapshot.h"

#define ALL_COUNTS ((uint32_t)((1ull << COUNTS) - 1))
#define ALL_GAUGES ((1u << GAUGES) - 1)

static inline struct snapshot snapshot_at(double seconds)
{
	struct snapshot s = {.time_ns = (uint64_t)(seconds * 1e9), .wall = 1.7e9 + seconds};

	strcpy(s.release, "6.1.0-test");
	strcpy(s.allocator, "slab");
	strcpy(s.probes, "fentry");
	return s;
}

static inline struct snap_side *add_side(struct snapshot *s, enum side_kind kind, uint64_t id)
{
	struct snap_side *side = snapshot_add_side(s, kind, id);

	assert_non_null(side);
	if (kind == SIDE_REFERENCE) {
		side->pid = (int)id;
		strcpy(side->comm, "redis-server");
	}
	return side;
}

/* Adds a cache without unknown values. */
static inline struct snap_cache *add_cache(struct snap_side *side, uint64_t id, const char *name)
{
	struct snap_cache *c = snapshot_add_cache(side, id, name);

	assert_non_null(c);
	c->counts_known = ALL_COUNTS;
	c->gauges_known = ALL_GAUGES;
	c->latency_known = c->cpus_known = true;
	for (int g = 0; g < GAUGES; g++)
		c->gauge[g] = id * 10 + (uint64_t)g;
	return c;
}

/* hits hits, and a refill for each of nr latencies, half from the shared array, half grown. */
static inline struct snap_cpu *add_cpu(struct snap_cache *cache, uint32_t cpu, uint64_t hits,
				       const uint64_t *ns, size_t nr)
{
	struct snap_cpu *c = snapshot_add_cpu(cache, cpu);
	struct hist h = {0};

	assert_non_null(c);
	c->count[COUNT_HITS] = hits;
	c->count[COUNT_REFILLS] = nr;
	c->count[COUNT_ALLOCS] = hits + nr;
	c->count[COUNT_FREES] = hits;
	c->count[COUNT_ORIGIN + ORIGIN_SHARED] = nr / 2;
	c->count[COUNT_ORIGIN + ORIGIN_GROWN] = nr - nr / 2;
	c->count[COUNT_GROWS] = nr - nr / 2;
	for (size_t i = 0; i < nr; i++)
		hist_record(&h, ns[i]);
	if (nr) {
		c->refill_ns = hist_cpu_of(cache->rooms, &h);
		assert_non_null(c->refill_ns);
	}
	return c;
}

static inline void finish(struct snap_cache *c)
{
	assert_int_equal(snapshot_finish_cache(c), 0);
}

#endif
