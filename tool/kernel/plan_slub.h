/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* plan_slub.h: the slow path of SLUB where CPUs own slabs, and what sheaves share with it. */
#ifndef SLABSCOPE_PLAN_SLUB_H
#define SLABSCOPE_PLAN_SLUB_H

#include "kernel/plan_rules.h"

void plan_slub(struct planner *p);

/* Plans new slabs and slabs given back, for all kinds of SLUB. */
void plan_slub_slabs(struct planner *p);

/* Notes why list moves cannot be seen. */
void plan_slub_no_list_moves(struct planner *p);

/*
 * Watch functions whose objects are all bypasses. A function that the kernel does not have
 * allocates nothing. Return false where it cannot be watched; bypasses are then unknown.
 */
bool plan_slub_take_bypass(struct planner *p, const struct ways *ways);
bool plan_slub_take_bypass_of(struct planner *p, const struct ways *if_there);
bool plan_slub_take_kfence(struct planner *p);

#endif
