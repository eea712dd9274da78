// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* event_meaning.c: the table of meanings, beside the table of fields in trace.c. */
#include "trace/event_meaning.h"

#define ORIGINS_MASK (COUNT_BIT(COUNTS) - COUNT_BIT(COUNT_ORIGIN))
/* An allocation that shows how it was served: then the others show it, too. */
#define SERVED (COUNT_BIT(COUNT_HITS) | COUNT_BIT(COUNT_BYPASSES) | COUNT_BIT(COUNT_FAILED))
#define ALLOC  (EVENT_ALLOCATES | EVENT_HAS_FLAGS | EVENT_NEEDS_CPU)

/* clang-format off */
const struct event_meaning event_meaning[TRACE_IDS] = {
	/* What it proves, its properties, the counts that it adds to. */
	[TRACE_NODE_STATE]     = {0, EVENT_STATE, 0, {0}},
	[TRACE_NODE_AGEING]    = {0, EVENT_STATE, 0, {0}},
	[TRACE_ARRAY_OBJECTS]  = {0, EVENT_STATE, 0, {0}},
	[TRACE_PARTIAL_SLAB]   = {0, EVENT_STATE, 0, {0}},
	[TRACE_ARRAY_STATE]    = {0, EVENT_STATE | EVENT_NEEDS_CPU, 0, {0}},
	[TRACE_ALLOC]          = {0, ALLOC, 1, {COUNT_ALLOCS}},
	[TRACE_ALLOC_HIT]      = {SERVED, ALLOC, 2, {COUNT_ALLOCS, COUNT_HITS}},
	[TRACE_ALLOC_REFILL]   = {SERVED, ALLOC, 1, {COUNT_ALLOCS}},
	[TRACE_ALLOC_BYPASS]   = {SERVED, ALLOC, 2, {COUNT_ALLOCS, COUNT_BYPASSES}},
	[TRACE_ALLOC_FAILED]   = {0, EVENT_HAS_FLAGS | EVENT_NEEDS_CPU, 1, {COUNT_FAILED}},
	[TRACE_FREE]           = {0, EVENT_NEEDS_CPU, 1, {COUNT_FREES}},
	/* The origin of a refill decides which counts it adds to: event_meaning_count(). */
	[TRACE_REFILL]         = {COUNT_BIT(COUNT_REFILLS) | ORIGINS_MASK, EVENT_NEEDS_CPU, 0, {0}},
	[TRACE_FLUSH]          = {COUNT_BIT(COUNT_FLUSHES), EVENT_NEEDS_CPU, 1, {COUNT_FLUSHES}},
	[TRACE_GROW]           = {COUNT_BIT(COUNT_GROWS), 0, 1, {COUNT_GROWS}},
	[TRACE_SLAB_DESTROY]   = {COUNT_BIT(COUNT_SLAB_FREES), 0, 1, {COUNT_SLAB_FREES}},
	[TRACE_LIST_MOVE]      = {0, 0, 1, {COUNT_LIST_MOVES}},
};
/* clang-format on */

int64_t event_meaning_slabs(const struct trace_event *e)
{
	switch (e->id) {
	case TRACE_NODE_STATE:
		return (int64_t)(e->value[NODE_FULL] + e->value[NODE_PARTIAL] +
				 e->value[NODE_FREE]);
	case TRACE_GROW:
		return 1;
	case TRACE_SLAB_DESTROY:
		return -1;
	}
	return 0;
}
