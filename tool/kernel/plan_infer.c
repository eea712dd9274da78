// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * plan_infer.c: refills, and with them hits, where no function of the slow path can be watched: the
 * programs on tracepoints look at the CPU's cache after each allocation. Only of eras where a
 * kernel with counters of its own has proved it right (tests/kernels/inferred.py).
 */
#include "bpf/events.h"
#include "kernel/plan_rules.h"

static const struct {
	uint32_t from;
	const char *refills, *bypasses;
} eras[ERAS] = {
	[ERA_SLUB] = {CACHED_CPU_SLABS, "the CPU's slab and its tid", "its tid"},
	[ERA_MIXED] = {CACHED_CPU_SLABS | CACHED_SHEAVES,
		       "the CPU's slab and its tid, or its sheaves",
		       "its tid, or the main sheaf's top"},
	[ERA_SHEAVES] = {CACHED_SHEAVES, "the CPU's sheaves", "the main sheaf's top"},
};

static void infer(struct planner *p, enum quantity q, const char *how, const char *from)
{
	rule_known(p, q, how, from);
	p->plan->quantity[q].inferred = true;
}

/* A kernel where an inference would be wrong: refills stay as they are, for this reason. */
static bool cannot(struct planner *p)
{
	const struct facts *facts = p->facts;

	if (!eras[p->plan->era].from || facts->slub_tiny ||
	    !p->plan->quantity[QUANTITY_ALLOCS].known || !p->plan->load[PROGRAM_MEASURE])
		return true;
	/* There each allocation takes the lock of the CPU's slab: none of them is a hit. */
	return facts->preempt_rt && p->plan->era != ERA_SHEAVES;
}

void plan_infer(struct planner *p)
{
	const enum era era = p->plan->era;

	if (p->plan->quantity[QUANTITY_REFILLS].known || cannot(p))
		return;
	p->plan->infer = eras[era].from;
	infer(p, QUANTITY_REFILLS, "inferred from %s, after each allocation but those in bulk",
	      eras[era].refills);
	if (!p->plan->quantity[QUANTITY_BYPASSES].known)
		infer(p, QUANTITY_BYPASSES, "inferred, where an allocation has not moved %s",
		      eras[era].bypasses);
	infer(p, QUANTITY_HITS, "inferred: allocs less %s", "refills and bypasses");
}
