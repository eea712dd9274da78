/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* plan_infer.h: refills and hits where no function of the slow path can be watched. */
#ifndef SLABSCOPE_PLAN_INFER_H
#define SLABSCOPE_PLAN_INFER_H

#include "kernel/plan_rules.h"

/* Has refills, hits and bypasses inferred where they are not known. */
void plan_infer(struct planner *p);

#endif
