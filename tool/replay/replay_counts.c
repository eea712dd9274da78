// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* replay_counts.c: what libslab has counted, what was recorded, and what of it is known. */
#include "replay/replay_counts.h"

#include <math.h>
#include <string.h>

#include "model/inference.h"
#include "virtual.h"

/* ---- what libslab counted -------------------------------------------------------------------- */

struct replay_counts replay_counts_of(const struct kmem_cache *kmem, unsigned cpu)
{
	const struct slab_registry_cpu *b = slab_virtual_cpu(kmem, (int)cpu);
	const struct slab_cpu_counters *c = &b->counters;
	struct replay_counts to = {
		.hits = b->state >> 16,
		.refills = c->refills,
		.bypasses = c->bypasses,
		.failed = c->origins[SLAB_ORIGIN_FAILED],
		.frees = c->slow_frees + (b->state & 0xffff) + (b->state >> 16) + c->taken -
			 c->pushed,
		.flushes = c->flushes,
		.grows = c->grows,
		.slab_frees = c->slab_frees,
		.list_moves = c->list_moves,
	};

	_Static_assert(SLAB_ORIGINS == (int)ORIGINS, "the same origins");
	_Static_assert(offsetof(struct replay_counts, slab_frees) ==
			       COUNT_SLAB_FREES * sizeof(uint64_t),
		       "the names stand in the order of enum count");
	to.allocs = to.hits + to.refills + to.bypasses;
	memcpy(to.origins, c->origins, sizeof(to.origins));
	return to;
}

void replay_counts_add(struct replay_counts *to, const struct replay_counts *c, int sign)
{
	for (int i = 0; i < COUNTS; i++)
		to->count[i] += (uint64_t)sign * c->count[i];
}

double replay_counts_hit_rate(const struct replay_counts *c)
{
	return c->allocs ? (double)c->hits / (double)c->allocs : NAN;
}

/* ---- what was recorded ----------------------------------------------------------------------- */

void replay_counts_derive_hits(struct replay_counts *c)
{
	uint64_t others = c->refills + c->bypasses;

	c->hits = c->allocs > others ? c->allocs - others : 0;
}

/* ---- what is known --------------------------------------------------------------------------- */

const struct replay_known replay_counts_all_known = {
	.served = true,
	.origins = true,
	.flushes = true,
	.grows = true,
	.slab_frees = true,
	.list_moves = true,
};

/* A kernel that shows how it serves an allocation also shows the rest, unless that is inferred. */
struct replay_known replay_counts_known(uint32_t proved, bool inferred, uint64_t doubtful,
					uint64_t refills)
{
	bool served = proved & COUNT_BIT(COUNT_HITS), seen = served && !inferred;

	return (struct replay_known){
		.served = served && (seen || inference_holds(doubtful, refills)),
		.inferred = inferred,
		.origins = seen,
		.flushes = seen || proved & COUNT_BIT(COUNT_FLUSHES),
		.grows = seen || proved & COUNT_BIT(COUNT_GROWS),
		.slab_frees = seen || proved & COUNT_BIT(COUNT_SLAB_FREES),
	};
}
