/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* plan_slab.h: the slow path of CONFIG_SLAB (mm/slab.c, to 6.7). */
#ifndef SLABSCOPE_PLAN_SLAB_H
#define SLABSCOPE_PLAN_SLAB_H

#include "kernel/plan_rules.h"

void plan_slab(struct planner *p);

#endif
