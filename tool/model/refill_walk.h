/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * refill_walk.h: joins the steps of one cache of the reference to refills, and follows the slabs on
 * its three lists. Replays one refill at a time, step by step.
 */
#ifndef SLABSCOPE_REFILL_WALK_H
#define SLABSCOPE_REFILL_WALK_H

#include "model/model.h"

#define WALK_STEPS   256 /* libslab notes at most so many of one refill */
#define WALK_SLABS   1024
#define WALK_THREADS 16 /* refills under way at a time */

/* The same numbers as enum slab_list_kind of libslab. */
enum walk_list { WALK_NONE, WALK_FREE, WALK_PARTIAL, WALK_FULL, WALK_LISTS };
extern const char *const refill_walk_list_names[WALK_LISTS];

struct walk_slab {
	uint64_t slab, seq; /* seq of its last move */
	enum walk_list list;
	unsigned inuse;
};

struct walk_slabs {
	struct walk_slab slab[WALK_SLABS]; /* in the order of their first moves */
	size_t nr;
};

/* A refill: its steps in order, the last one STEP_REFILL, and the slabs before its first step. */
struct walk_refill {
	struct snap_step step[WALK_STEPS];
	size_t nr;
	struct walk_slabs before;
};

struct walk {
	bool on; /* something is watched */
	struct cache_key key;
	uint64_t refills, lost; /* complete refills; lost steps */
	struct walk_slabs slabs;
	struct walk_thread {
		uint32_t tid;
		bool broken; /* it may have lost a step */
		struct snap_step step[WALK_STEPS];
		size_t nr;
	} thread[WALK_THREADS];
	size_t next_thread;
	uint64_t next_number;
	/* The last complete refill, and the last one that moved a slab; nr 0: none yet. */
	struct walk_refill last, last_moved;
	/* The refill that is replayed. */
	struct walk_refill shown;
	bool shown_moved; /* it is from last_moved */
	size_t at;	  /* steps shown: 0 to shown.nr */
	double advanced;  /* when it last advanced by itself, UNIX seconds */
};

/* Adds an interval. Another cache begins anew. */
void refill_walk_update(struct walk *w, const struct model *m);

/* The wishes of the user since the last call. */
struct walk_wish {
	int by;	     /* steps forward, or back */
	bool newest; /* replay the newest refill */
	bool any;    /* also refills that moved no slab */
	bool play;   /* a step a second, then the newest refill */
};
void refill_walk_replay(struct walk *w, const struct walk_wish *wish, double now);

/*
 * Fills to with the slabs after the shown steps, and *moved with the slab that the last of them
 * moved, or NULL.
 */
void refill_walk_slabs_now(const struct walk *w, struct walk_slabs *to,
			   const struct walk_slab **moved);

#endif
