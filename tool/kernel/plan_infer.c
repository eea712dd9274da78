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

/* Returns whether this kernel does not let slabscope infer anything. */
static bool cannot(const struct planner *p)
{
	/* Where programs run within themselves, the state that they infer from would be torn. */
	return p->facts->split_tracepoints || !era_rows[p->plan->era].refills ||
	       !p->plan->quantity[QUANTITY_ALLOCS].known || !p->plan->load[PROGRAM_MEASURE];
}

/* Adds to a reason that tasks preempt each other between an allocation and its tracepoint. */
static void not_with_rt(struct planner *p, enum quantity q)
{
	const struct quantity_plan was = p->plan->quantity[q];

	if (!was.known)
		rule_unknown(p, q, was.remedy, "%s; with PREEMPT_RT it is not inferred", was.why);
}

void plan_infer(struct planner *p)
{
	const struct era_row *era = &era_rows[p->plan->era];

	if (p->plan->quantity[QUANTITY_REFILLS].known || cannot(p))
		return;
	if (p->facts->preempt_rt && !era->infers_rt) {
		not_with_rt(p, QUANTITY_REFILLS);
		not_with_rt(p, QUANTITY_BYPASSES);
		not_with_rt(p, QUANTITY_HITS);
		return;
	}
	p->plan->infer = era->cached;
	infer(p, QUANTITY_REFILLS, "inferred from %s, after each allocation but those in bulk",
	      era->refills);
	if (!p->plan->quantity[QUANTITY_BYPASSES].known)
		infer(p, QUANTITY_BYPASSES, "inferred, where an allocation has not moved %s",
		      era->bypasses);
	infer(p, QUANTITY_HITS, "inferred: allocs minus %s", "refills and bypasses");
}
