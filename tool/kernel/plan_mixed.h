/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* plan_mixed.h: the slow path of SLUB where CPUs own slabs, and some caches have sheaves. */
#ifndef SLABSCOPE_PLAN_MIXED_H
#define SLABSCOPE_PLAN_MIXED_H

#include "kernel/plan_rules.h"

void plan_mixed(struct planner *p);

#endif
