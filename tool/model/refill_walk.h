/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * refill_walk.h: the steps of one cache of the reference, put together to refills, and the slabs on their
 * three lists as far as they were seen to move. One refill at a time is replayed step by step.
 */
#ifndef SLABSCOPE_REFILL_WALK_H
#define SLABSCOPE_REFILL_WALK_H

#include "model/model.h"

#define WALK_STEPS   256 /* as many as libslab notes of one refill */
#define WALK_SLABS   1024
#define WALK_THREADS 16 /* refills that are under way at once */

/* The same numbers as enum slab_list_kind of libslab. */
enum walk_list { WALK_NONE, WALK_FREE, WALK_PARTIAL, WALK_FULL, WALK_LISTS };
extern const char *const refill_walk_list_names[WALK_LISTS];

struct walk_slab {
	uint64_t slab, seq; /* seq of its last move */
	enum walk_list list;
	unsigned inuse;
};

struct walk_slabs {
	struct walk_slab slab[WALK_SLABS]; /* in the order in which they were first seen */
	size_t nr;
};

/* A refill: its steps in their order, the last one STEP_REFILL; and the slabs before the first. */
struct walk_refill {
	struct snap_step step[WALK_STEPS];
	size_t nr;
	struct walk_slabs before;
};

struct walk {
	bool on; /* something is watched */
	struct cache_key key;
	uint64_t refills, lost; /* complete ones, and steps that were lost */
	struct walk_slabs slabs;
	struct walk_thread {
		uint32_t tid;
		bool broken; /* a step of it may have been lost */
		struct snap_step step[WALK_STEPS];
		size_t nr;
	} thread[WALK_THREADS];
	size_t next_thread;
	uint64_t next_number;
	/* The last complete refill, and the last one in which a slab moved; nr 0: none yet. */
	struct walk_refill last, last_moved;
	/* What is replayed. */
	struct walk_refill shown;
	bool shown_moved; /* it was taken from last_moved */
	size_t at;	  /* steps done: 0 to shown.nr */
	double advanced;  /* when it last went on by itself, UNIX seconds */
};

/* Takes in a round. Another cache than before begins anew. */
void refill_walk_update(struct walk *w, const struct model *m);

/* What the user wants of the replay since the last call. */
struct walk_wish {
	int by;	     /* steps forward, or back */
	bool newest; /* replay the newest refill */
	bool any;    /* also refills in which no slab moved */
	bool play;   /* one step a second, and then the newest one */
};
void refill_walk_replay(struct walk *w, const struct walk_wish *wish, double now);

/* The slabs after the steps done of what is shown. *moved is the slab that the last step moved, or
 * NULL. to is filled. */
void refill_walk_slabs_now(const struct walk *w, struct walk_slabs *to,
			   const struct walk_slab **moved);

#endif
