// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * plan_infer.c: refills, and with them hits, where no function of the slow path can be watched: the
 * programs on tracepoints look at the CPU's cache after each allocation.
 */
#include "kernel/plan_infer.h"

static void infer(struct planner *p, enum quantity q, const char *how, const char *from)
{
	rule_known(p, q, how, from);
	p->plan->quantity[q].inferred = true;
}

/* Returns whether inferences would be wrong on this kernel, or cannot be made. */
static bool cannot(const struct planner *p)
{
	const struct era_row *era = &era_rows[p->plan->era];

	/* Where programs run within themselves, the state that they infer from would be torn. */
	if (p->facts->split_tracepoints || !era->refills ||
	    !p->plan->quantity[QUANTITY_ALLOCS].known || !p->plan->load[PROGRAM_MEASURE])
		return true;
	/* With cpu slabs each allocation then takes the lock of the CPU's slab: none is a hit. */
	return p->facts->preempt_rt && !era->infers_rt;
}

void plan_infer(struct planner *p)
{
	const struct era_row *era = &era_rows[p->plan->era];

	if (p->plan->quantity[QUANTITY_REFILLS].known || cannot(p))
		return;
	p->plan->infer = era->cached;
	infer(p, QUANTITY_REFILLS, "inferred from %s, after each allocation but those in bulk",
	      era->refills);
	if (!p->plan->quantity[QUANTITY_BYPASSES].known)
		infer(p, QUANTITY_BYPASSES, "inferred, where an allocation has not moved %s",
		      era->bypasses);
	infer(p, QUANTITY_HITS, "inferred: allocs minus %s", "refills and bypasses");
}
