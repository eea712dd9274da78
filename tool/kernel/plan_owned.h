/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* plan_owned.h: allocations and frees where tracepoints do not give the cache (up to 6.0). */
#ifndef SLABSCOPE_PLAN_OWNED_H
#define SLABSCOPE_PLAN_OWNED_H

#include "kernel/plan_rules.h"

/* Plans allocs, frees, those of kmalloc, large ones, and failed ones. */
void plan_owned(struct planner *p);

#endif
