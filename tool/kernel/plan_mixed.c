// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* plan_mixed.c: the slow path of cpu slabs, and beside it that of the sheaves of some caches. */
#include "kernel/plan_mixed.h"

#include <stdio.h>

#include "kernel/plan_sheaves.h"
#include "kernel/plan_slub.h"

/* Adds to how cpu slabs are watched how sheaves are; how: NULL if they are not. */
static void add_sheaves(struct planner *p, enum quantity q, const struct ways *ways,
			const char *how)
{
	char slabs[sizeof(p->plan->quantity[q].how)];

	if (!p->plan->quantity[q].known)
		return;
	if (!how) {
		rule_no_function(p, q, ways);
		return;
	}
	snprintf(slabs, sizeof(slabs), "%s", p->plan->quantity[q].how);
	rule_known(p, q, "%s; with sheaves %s on %s", slabs, how,
		   facts_symbol_name(p->facts, kernel_probe_rows[ways->fexit].symbol));
}

void plan_mixed(struct planner *p)
{
	static const enum quantity of_refills[] = {QUANTITY_REFILLS, QUANTITY_LATENCY,
						   QUANTITY_ORIGINS};
	const char *how;

	plan_slub(p);
	how = p->plan->quantity[QUANTITY_REFILLS].known ? rule_take(p, &plan_sheaves_refill) : NULL;
	for (size_t i = 0; i < sizeof(of_refills) / sizeof(of_refills[0]); i++)
		add_sheaves(p, of_refills[i], &plan_sheaves_refill, how);
	add_sheaves(p, QUANTITY_FLUSHES, &plan_sheaves_flush, rule_take(p, &plan_sheaves_flush));
	if (p->plan->quantity[QUANTITY_BYPASSES].known &&
	    plan_slub_take_bypass_of(p, &plan_sheaves_prefilled))
		rule_known(p, QUANTITY_BYPASSES,
			   "___slab_alloc where the CPU then owns no slab, KFENCE's objects, "
			   "prefilled sheaves");
	rule_hits(p);
}
