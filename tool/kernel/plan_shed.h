/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * plan_shed.h: gives quantities of a plan up, the most expensive ones first, until the programs
 * cost no more than the user allows.
 */
#ifndef SLABSCOPE_PLAN_SHED_H
#define SLABSCOPE_PLAN_SHED_H

#include "kernel/plan.h"

enum shed {
	SHED_NOTHING,
	SHED_CALLERS,	  /* stacks are not taken */
	SHED_KMALLOC,	  /* no cache is looked up for kmalloc() and kfree() */
	SHED_SLOW_PATH,	  /* refills are not paired: no hits, latencies, origins, ... */
	SHED_ALLOCATIONS, /* nothing is counted */
	SHEDS
};

/*
 * What goes next after level. callers: they are sampled. Marks the quantities in the plan as not
 * known, for costing cost percent where most were allowed, and takes their programs out of it.
 * Returns the new level; SHED_ALLOCATIONS where nothing was left.
 */
enum shed plan_shed_next(struct plan *plan, enum shed level, bool callers, double cost,
			 double most);

#endif
