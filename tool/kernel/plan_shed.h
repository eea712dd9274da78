/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * plan_shed.h: turns off the most expensive quantities of a plan, until the programs cost no more
 * than the user allows.
 */
#ifndef SLABSCOPE_PLAN_SHED_H
#define SLABSCOPE_PLAN_SHED_H

#include "kernel/plan.h"

enum shed {
	SHED_NOTHING,
	SHED_CALLERS,	  /* no stacks */
	SHED_KMALLOC,	  /* no look-up of caches for kmalloc() and kfree() */
	SHED_SLOW_PATH,	  /* no pairing of refills: no hits, latencies, origins, ... */
	SHED_ALLOCATIONS, /* no counts */
	SHEDS
};

/*
 * Turns off the next level. callers: they are sampled. Its quantities become unknown, as they cost
 * cost percent where most were allowed, and its programs leave the plan. Returns the new level;
 * SHED_ALLOCATIONS where nothing was left.
 */
enum shed plan_shed_next(struct plan *plan, enum shed level, bool callers, double cost,
			 double most);

/*
 * Which levels are off, and what is known of their cost, in percent of a CPU. Times are monotonic
 * nanoseconds. Zeroed, none is off.
 */
struct shedding {
	enum shed level; /* the last that was turned off */
	struct shed_level {
		enum shed before; /* the level that was off before */
		double cost;	  /* of all that was on, when this one was turned off */
		double left;	  /* of what was then still on, in the first sample; 0: none yet */
		uint64_t since, back; /* when it was turned off; and on again, 0: never */
		uint64_t wait;	      /* before it is tried again */
	} of[SHEDS];
};

/*
 * Turns the next level off after a sample, or the last one on again. plan: as plan_shed_next().
 * Returns whether something changed: then a new sample is wanted soon.
 */
bool shedding_off(struct shedding *s, struct plan *plan, bool callers, double cost, double most,
		  uint64_t now);
/*
 * The last level comes back where, by what it cost when it was turned off, all would now cost at
 * most three quarters of what is allowed; and not before its time, which doubles each time that it
 * had to be turned off again at once. Another load may have other shares, so after six times that
 * time it comes back to be tried. cost 0: unknown, as nothing runs.
 */
bool shedding_on(struct shedding *s, double cost, double most, uint64_t now);

/* Turns off in a plan all levels that are off. */
void shedding_apply(const struct shedding *s, struct plan *plan, double most);

/*
 * Turns off all that rests on functions, because the kernel no longer runs programs there. No other
 * programs can be attached in their place, as slabscope has dropped its privileges.
 */
void plan_shed_functions(struct plan *plan);

#endif
