/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* plan_sheaves.h: the slow path of the sheaves of SLUB. */
#ifndef SLABSCOPE_PLAN_SHEAVES_H
#define SLABSCOPE_PLAN_SHEAVES_H

#include "kernel/plan_rules.h"

void plan_sheaves(struct planner *p);

/* Ways to watch sheaves, also where only some caches have them. */
extern const struct ways plan_sheaves_refill, plan_sheaves_flush, plan_sheaves_prefilled;

#endif
