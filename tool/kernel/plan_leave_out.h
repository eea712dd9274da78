/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* plan_leave_out.h: leaves out the programs of counts that nothing shows. */
#ifndef SLABSCOPE_PLAN_LEAVE_OUT_H
#define SLABSCOPE_PLAN_LEAVE_OUT_H

#include "kernel/plan.h"

/*
 * Takes the programs out of the plan that only counts of this mask of COUNT_BIT need; the plan
 * still knows their quantities. Returns the counts that are then not counted.
 */
uint32_t plan_leave_out(struct plan *plan, uint32_t counts);

#endif
