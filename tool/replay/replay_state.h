/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * replay_state.h: what a cache had when the recording began: slabs, of which some are partly free, what lies
 * in arrays, and objects that are in use and will be freed, though nobody saw where they came from.
 */
#ifndef SLABSCOPE_REPLAY_STATE_H
#define SLABSCOPE_REPLAY_STATE_H

#include <stddef.h>

#include "slab.h"
#include "trace/trace.h"

/* Of a cache, its arrays and all nodes; what is more than that in use before is made only when it is freed. */
#define REPLAY_STATE_MAX   (1u << 17) /* objects */
#define REPLAY_STATE_BYTES (1u << 30) /* of slabs */

#define REPLAY_STATE_TOLD    1024  /* addresses of what lies in one array */
#define REPLAY_STATE_PARTIAL 65536 /* slabs on partial lists that are told one by one */

struct replay_state {
	void **object; /* that are in use: a row of num for each slab */
	struct replay_state_slab {
		uint64_t base; /* where the recorded one lies, in units of its size */
		uint32_t left; /* objects in use, the first ones of its row */
		uint32_t next; /* that has a base of the same hash, 1 + its number; 0: none */
	} * slab;
	uint32_t *first; /* by hash, as next; as many as there are slabs */
	uint32_t slabs, num;
	uint32_t
		known; /* of the last ones, which of the recorded ones they are; of others may be known, too */
	size_t nr;     /* objects in use */
	uint64_t made; /* for this, those of free slabs too */
	uint32_t turn; /* where objects of any slab are looked for */
	uint32_t nr_told;
	uint64_t told
		[REPLAY_STATE_TOLD]; /* what lies in the array that comes next, first entry first */
	struct replay_state_partial {
		uint64_t object; /* in it */
		uint32_t inuse;
		uint8_t node;
	} * partial; /* of nodes that come, in their lists' order */
	size_t nr_partial;
	uint32_t
		nodes; /* that were made, a bit each: a second state of one is nonsense, and left out */
};

/*
 * TRACE_ARRAY_OBJECTS: keeps what lies in the array that the next event tells of. TRACE_PARTIAL_SLAB: keeps it for its
 * node. TRACE_NODE_STATE: makes the slabs, and fills the shared array. TRACE_NODE_AGEING: what it is to give back. Both
 * are of the node of that CPU. TRACE_ARRAY_STATE: fills the CPU's array. tuned: the user wants other tunables than the recorded ones, which
 * free_limit is made of.
 */
void replay_state_make(struct replay_state *s, struct kmem_cache *kmem, int cpu,
		       const struct trace_event *e, bool tuned);

/*
 * One of the objects in use: of the same slab for addresses in the same slab, of any for 0; made where there are no
 * more. NULL: no memory.
 */
void *replay_state_take(struct replay_state *s, struct kmem_cache *kmem, int cpu, uint64_t address);

/* Any of them; NULL: there are no more, and the memory that kept them is given back. */
void *replay_state_end(struct replay_state *s);

#endif
