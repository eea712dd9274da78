/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * replay_state.h: what a cache had when the recording began: slabs, of which some are partly free, what lies
 * in arrays, and objects that are in use and will be freed, though nobody saw where they came from.
 */
#ifndef SLABSCOPE_REPLAY_STATE_H
#define SLABSCOPE_REPLAY_STATE_H

#include <stddef.h>

#include "slab.h"
#include "trace.h"

/* Of a cache; what is more than that in use before is made only when it is freed. */
#define REPLAY_STATE_MAX   (1u << 17) /* objects */
#define REPLAY_STATE_BYTES (1u << 30) /* of slabs */

struct replay_state {
	void **object; /* that are in use */
	size_t nr;
	uint32_t nodes; /* that were made, a bit each: a second state of one is nonsense, and left out */
	uint32_t random;
};

/*
 * TRACE_NODE_STATE: makes the slabs, and fills the shared array. TRACE_NODE_AGEING: what it is to give back.
 * Both are of the node of that CPU. TRACE_ARRAY_STATE: fills the CPU's array. tuned: the user wants other tunables
 * than the recorded ones, which free_limit is made of.
 */
void replay_state_make(struct replay_state *s, struct kmem_cache *kmem, int cpu,
		       const struct trace_event *e, bool tuned);

/* One of the objects in use; made where there are no more. NULL: no memory. */
void *replay_state_take(struct replay_state *s, struct kmem_cache *kmem, int cpu);

/* Gives all of them back. */
void replay_state_end(struct replay_state *s, struct kmem_cache *kmem);

#endif
