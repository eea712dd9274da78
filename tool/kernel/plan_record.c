// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * plan_record.c: what a recording needs beside the counts: what ages and goes, new tunables, and
 * what caches hold at its beginning. A function that cannot be watched is left out.
 */
#include "kernel/plan_record.h"

#include "kernel/plan_rules.h"

static const struct ways ways[] = {
	ENTRY(SLAB_DRAIN),
	{PROGRAM_SLAB_TUNE_FEXIT, PROGRAM_SLAB_TUNE_FEXIT, PROGRAM_SLAB_TUNE_KPROBE,
	 PROGRAM_SLAB_TUNE_KRETPROBE},
	ENTRY(SLAB_GONE),
	ENTRY(SHEAF_PREFILLED),
	ENTRY(SHEAF_RCU),
};

void plan_record(const struct facts *facts, struct plan *plan)
{
	struct planner p = {.facts = facts, .plan = plan};

	if (!plan_loads(plan))
		return;
	/* These belong to no cache. */
	for (int i = PROGRAM_LARGE_ALLOC_FEXIT; i <= PROGRAM_LARGE_FREE_KPROBE; i++)
		plan->load[i] = false;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		rule_take(&p, &ways[i]);
	if (plan->load[PROGRAM_SLAB_GONE_FENTRY] || plan->load[PROGRAM_SLAB_GONE_KPROBE])
		rule_known(&p, QUANTITY_SLAB_FREES, "slab_destroy");
	plan->load[PROGRAM_WALK] = rule_usable(&p, PROGRAM_WALK);
	plan->load[PROGRAM_STATE] = rule_usable(&p, PROGRAM_STATE);
}
