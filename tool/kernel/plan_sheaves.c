// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* plan_sheaves.c: the slow path of the sheaves of SLUB. */
#include "kernel/plan_sheaves.h"

#include "kernel/plan_slub.h"

const struct ways plan_sheaves_refill = BOTH(SHEAF_REFILL);
static const struct ways node_ways = EXIT(SHEAF_NODE);
static const struct ways objects_ways = EXIT(SHEAF_OBJECTS);
static const struct ways direct_ways = EXIT(SHEAF_DIRECT);
const struct ways plan_sheaves_prefilled = EXIT(SHEAF_PREFILLED);
const struct ways plan_sheaves_flush = ENTRY(SHEAF_FLUSH);
static const struct ways bulk_ways = BOTH(ALLOC_BULK);

static void plan_origins(struct planner *p)
{
	const char *node;

	if (!p->plan->quantity[QUANTITY_REFILLS].known) {
		rule_unknown_like(p, QUANTITY_ORIGINS, QUANTITY_REFILLS);
		return;
	}
	node = rule_take(p, &node_ways);
	if (!node)
		rule_no_function(p, QUANTITY_ORIGINS, &node_ways);
	else if (!p->plan->quantity[QUANTITY_GROWS].known)
		rule_unknown_like(p, QUANTITY_ORIGINS, QUANTITY_GROWS);
	else
		rule_known(p, QUANTITY_ORIGINS,
			   "%s on __refill_objects_node and allocate_slab; "
			   "the spare sheaf at entry and at return",
			   node);
}

static void plan_bypasses(struct planner *p)
{
	enum program bulk = p->plan->load[PROGRAM_ALLOC_BULK_FEXIT] ? PROGRAM_ALLOC_BULK_FENTRY
								    : PROGRAM_ALLOC_BULK_KPROBE;

	if (!plan_slub_take_bypass(p, &direct_ways) || !plan_slub_take_bypass(p, &objects_ways))
		return;
	if (!plan_slub_take_bypass_of(p, &plan_sheaves_prefilled) || !plan_slub_take_kfence(p))
		return;
	if (p->plan->quantity[QUANTITY_BULK].known && !rule_usable(p, bulk)) {
		rule_no_function(p, QUANTITY_BYPASSES, &bulk_ways);
		return;
	}
	p->plan->load[bulk] = p->plan->quantity[QUANTITY_BULK].known;
	rule_known(
		p, QUANTITY_BYPASSES,
		"___slab_alloc, refill_objects of bulk calls, prefilled sheaves, KFENCE's objects");
}

void plan_sheaves(struct planner *p)
{
	plan_slub_slabs(p);
	rule_refills(p, &plan_sheaves_refill);
	plan_origins(p);
	plan_bypasses(p);
	rule_hits(p);
	rule_watch(p, QUANTITY_FLUSHES, &plan_sheaves_flush);
	plan_slub_no_list_moves(p);
}
