/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * replay_state.h: what a cache had when the recording began: slabs, some of them partly free,
 * objects in arrays, and objects in use that are freed later.
 */
#ifndef SLABSCOPE_REPLAY_STATE_H
#define SLABSCOPE_REPLAY_STATE_H

#include <stddef.h>

#include "slab.h"
#include "trace/trace.h"

/*
 * Limits for a cache with its arrays and all nodes. Objects beyond them are made only when they are
 * freed.
 */
#define REPLAY_STATE_MAX   (1u << 17) /* objects */
#define REPLAY_STATE_BYTES (1u << 30) /* of slabs */

#define REPLAY_STATE_RECORDED 1024  /* addresses of the objects in one array */
#define REPLAY_STATE_PARTIAL  65536 /* slabs on partial lists that are recorded one by one */

struct replay_state {
	void **object; /* in use: a row of num for each slab */
	struct replay_state_slab {
		uint64_t base; /* the address of the recorded one, in units of its size */
		uint32_t left; /* objects in use: the first ones of its row */
		uint32_t next; /* the next one in the chain of the hash, 1 + its number; 0: none */
	} * slab;
	uint32_t *first; /* by hash, as next; one for each slab */
	uint32_t slabs, num;
	uint32_t known; /* how many of the last slabs have a base; others may have one, too */
	size_t nr;	/* objects in use */
	uint64_t made;	/* objects, with those of free slabs */
	uint32_t turn;	/* where take_any() continues */
	uint32_t nr_recorded;
	/* the objects of the array that comes next, first entry first */
	uint64_t recorded[REPLAY_STATE_RECORDED];
	struct replay_state_partial {
		uint64_t object; /* an object of the slab */
		uint32_t inuse;
		uint8_t node;
	} * partial; /* of nodes that come later, in the order of their lists */
	size_t nr_partial;
	uint32_t nodes; /* a bit for each node that was made: a second state of one is left out */
	bool no_memory; /* something is missing */
};

/*
 * Applies the event of a state. TRACE_ARRAY_OBJECTS: keeps the objects of the next array.
 * TRACE_PARTIAL_SLAB: keeps the slab for its node. TRACE_NODE_STATE: makes the slabs, and fills the
 * shared array. TRACE_NODE_AGEING: sets what ageing gives back. TRACE_ARRAY_STATE: fills the array
 * of the CPU. The node is that of the CPU.
 *
 * tuned: the user sets other tunables than the recorded ones, from which free_limit was made.
 */
void replay_state_make(struct replay_state *s, struct kmem_cache *kmem, int cpu,
		       const struct trace_event *e, bool tuned);

/*
 * Returns an object in use: of the same slab for addresses in the same slab, of any slab for 0.
 * Makes one where there are no more. NULL: no memory.
 */
void *replay_state_take(struct replay_state *s, struct kmem_cache *kmem, int cpu, uint64_t address);

/*
 * Returns any of the objects in use; NULL: there are no more, and the memory of the state is freed.
 */
void *replay_state_end(struct replay_state *s);

#endif
