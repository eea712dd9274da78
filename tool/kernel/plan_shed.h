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
 * Turns off all that rests on functions, because the kernel no longer runs programs there. No other
 * programs can be attached in their place, as slabscope has dropped its privileges.
 */
void plan_shed_functions(struct plan *plan);

#endif
