// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* plan_slab.c: the slow path of CONFIG_SLAB. */
#include "kernel/plan_slab.h"

static const struct ways refill_ways = BOTH(REFILL);
static const struct ways grow_ways = BOTH(GROW);
static const struct ways transfer_ways = EXIT(TRANSFER);
static const struct ways bypass_ways = BOTH(BYPASS);
static const struct ways flush_ways = ENTRY(FLUSH);
static const struct ways destroy_ways = ENTRY(DESTROY);

static void plan_origins(struct planner *p)
{
	const char *grow = rule_watch(p, QUANTITY_GROWS, &grow_ways), *transfer;

	if (!p->plan->quantity[QUANTITY_REFILLS].known) {
		rule_unknown_like(p, QUANTITY_ORIGINS, QUANTITY_REFILLS);
		return;
	}
	transfer = rule_take(p, &transfer_ways);
	if (!transfer)
		rule_no_function(p, QUANTITY_ORIGINS, &transfer_ways);
	else if (!grow)
		rule_unknown_like(p, QUANTITY_ORIGINS, QUANTITY_GROWS);
	else
		rule_known(p, QUANTITY_ORIGINS,
			   "%s on transfer_objects and cache_grow_begin, and the node's "
			   "free_slabs",
			   transfer);
}

static void plan_flushes(struct planner *p)
{
	const struct facts *facts = p->facts;
	const char *how;

	if (rule_watch(p, QUANTITY_FLUSHES, &flush_ways))
		return;
	if (facts->nodes > 1) {
		rule_unknown(
			p, QUANTITY_FLUSHES, "",
			"cache_flusharray is inlined in this kernel, and with "
			"several NUMA nodes its last step looks the same as that of a remote free");
		return;
	}
	if (!facts->symbol[SYMBOL_CACHE_FREE].end) {
		rule_unknown(p, QUANTITY_FLUSHES, rule_show_addresses,
			     "cache_flusharray is inlined in this kernel, and where ___cache_free "
			     "stands is hidden");
		return;
	}
	how = rule_take(p, &destroy_ways);
	if (how)
		rule_known(p, QUANTITY_FLUSHES, "%s on slabs_destroy, called by ___cache_free",
			   how);
	else
		rule_no_function(p, QUANTITY_FLUSHES, &destroy_ways);
}

void plan_slab(struct planner *p)
{
	rule_refills(p, &refill_ways);
	plan_origins(p);
	rule_watch(p, QUANTITY_BYPASSES, &bypass_ways);
	rule_hits(p);
	plan_flushes(p);
	rule_unknown(
		p, QUANTITY_LIST_MOVES, "",
		"slabs change lists within cache_alloc_refill and free_block: no function of their "
		"own shows it");
	rule_unknown(
		p, QUANTITY_SLAB_FREES, "",
		"slabs are given back within slabs_destroy: no function of their own shows it");
}
