// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * plan_sheaves.c: the slow path of SLUB's sheaves.
 */
#include <stdio.h>

#include "bpf/events.h"
#include "kernel/plan_rules.h"

static const struct ways refill_ways = BOTH(SHEAF_REFILL);
static const struct ways node_ways = EXIT(SHEAF_NODE);
static const struct ways objects_ways = EXIT(SHEAF_OBJECTS);
static const struct ways direct_ways = EXIT(SHEAF_DIRECT);
static const struct ways prefilled_ways = EXIT(SHEAF_PREFILLED);
static const struct ways flush_ways = ENTRY(SHEAF_FLUSH);
static const struct ways bulk_ways = BOTH(ALLOC_BULK);

static void plan_sheaf_refills(struct planner *p)
{
	const char *how = rule_take(p, &refill_ways);

	if (!how) {
		rule_no_function(p, QUANTITY_REFILLS, &refill_ways);
		rule_unknown_like(p, QUANTITY_LATENCY, QUANTITY_REFILLS);
		return;
	}
	p->plan->probes = how;
	rule_known(p, QUANTITY_REFILLS, "%s on __pcs_replace_empty_main", how);
	rule_known(p, QUANTITY_LATENCY, "%s on __pcs_replace_empty_main, entry to return", how);
}

static void plan_sheaf_origins(struct planner *p)
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

static void plan_sheaf_bypasses(struct planner *p)
{
	enum program bulk = p->plan->load[PROGRAM_ALLOC_BULK_FEXIT] ? PROGRAM_ALLOC_BULK_FENTRY
								    : PROGRAM_ALLOC_BULK_KPROBE;

	if (!plan_slub_take_bypass(p, &direct_ways) || !plan_slub_take_bypass(p, &objects_ways))
		return;
	if (!plan_slub_take_bypass_of(p, &prefilled_ways) || !plan_slub_take_kfence(p))
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

static void plan_sheaf_flushes(struct planner *p)
{
	const char *how = rule_take(p, &flush_ways);

	if (how)
		rule_known(p, QUANTITY_FLUSHES, "%s on __pcs_replace_full_main", how);
	else
		rule_no_function(p, QUANTITY_FLUSHES, &flush_ways);
}

void plan_sheaves(struct planner *p)
{

	plan_slub_slabs(p);
	plan_sheaf_refills(p);
	plan_sheaf_origins(p);
	plan_sheaf_bypasses(p);
	rule_hits(p);
	plan_sheaf_flushes(p);
	plan_slub_no_list_moves(p);
}

/* ---- mixed: sheaves in some caches, and CPUs own slabs --------------------------------------- */

/* A quantity that was decided for CPUs' slabs; how: the same in caches with sheaves, or NULL. */
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
	how = p->plan->quantity[QUANTITY_REFILLS].known ? rule_take(p, &refill_ways) : NULL;
	for (size_t i = 0; i < sizeof(of_refills) / sizeof(of_refills[0]); i++)
		add_sheaves(p, of_refills[i], &refill_ways, how);
	add_sheaves(p, QUANTITY_FLUSHES, &flush_ways, rule_take(p, &flush_ways));
	if (p->plan->quantity[QUANTITY_BYPASSES].known &&
	    plan_slub_take_bypass_of(p, &prefilled_ways))
		rule_known(
			p, QUANTITY_BYPASSES,
			"___slab_alloc where the CPU then owns no slab, KFENCE's objects, prefilled "
			"sheaves");
	rule_hits(p);
}
