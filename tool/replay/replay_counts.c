// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* replay_counts.c: what libslab has counted, what the recording says, and what of that is known. */
#include <math.h>
#include <string.h>

#include "model/inference.h"
#include "replay/replay_session.h"

/* ---- what libslab counted -------------------------------------------------------------------- */

struct replay_counts replay_counted(const struct kmem_cache *kmem, unsigned cpu)
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

	_Static_assert(SLAB_ORIGINS == REPLAY_ORIGINS, "the same origins");
	to.allocs = to.hits + to.refills + to.bypasses;
	memcpy(to.origins, c->origins, sizeof(to.origins));
	return to;
}

#define COUNTS (sizeof(struct replay_counts) / sizeof(uint64_t))

void replay_counts_add(struct replay_counts *to, const struct replay_counts *c, int sign)
{
	for (size_t i = 0; i < COUNTS; i++)
		((uint64_t *)to)[i] += (uint64_t)sign * ((const uint64_t *)c)[i];
}

double replay_hit_rate(const struct replay_counts *c)
{
	return c->allocs ? (double)c->hits / (double)c->allocs : NAN;
}

/* ---- what was recorded ------------------------------------------------------------------------ */

void replay_derive_hits(const struct player *p, struct replay_counts *c)
{
	if (!p->result.known.list_moves)
		c->hits = c->allocs > c->refills + c->bypasses
				  ? c->allocs - c->refills - c->bypasses
				  : 0;
}

/* ---- what is known ---------------------------------------------------------------------------- */

const struct replay_known replay_all_known = {
	.served = true,
	.origins = true,
	.flushes = true,
	.grows = true,
	.slab_frees = true,
	.list_moves = true,
};

void replay_note_known(struct session *s, struct replay_cache *c, const struct trace_event *e)
{
	switch (e->id) {
	case TRACE_ALLOC_HIT:
	case TRACE_ALLOC_REFILL:
	case TRACE_ALLOC_BYPASS:
		s->kernel.served = true;
		break;
	case TRACE_FLUSH:
		s->kernel.flushes = true;
		break;
	case TRACE_GROW:
		s->kernel.grows = true;
		break;
	case TRACE_SLAB_DESTROY:
		s->kernel.slab_frees = true;
		break;
	case TRACE_INFERRED:
		c->known.inferred = true;
		c->doubtful = e->value[INFERRED_DOUBTFUL];
		break;
	}
}

/* Where the kernel shows how it serves, it shows the rest, too; unless that was not seen, but inferred. */
void replay_conclude_known(const struct session *s, struct replay_cache *c)
{
	struct replay_known *known = &c->known;
	bool seen = s->kernel.served && !known->inferred;

	if (known->list_moves)
		return;
	known->served =
		s->kernel.served && (seen || inference_holds(c->doubtful, c->recorded.refills));
	known->origins = seen;
	known->flushes = seen || s->kernel.flushes;
	known->grows = seen || s->kernel.grows;
	known->slab_frees = seen || s->kernel.slab_frees;
}
