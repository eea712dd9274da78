// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * plan_slab.c: the slow path of CONFIG_SLAB (mm/slab.c, to 6.7).
 */
#include "bpf/events.h"
#include "kernel/plan_rules.h"

static const struct ways refill_ways = {PROGRAM_REFILL_FENTRY, PROGRAM_REFILL_FEXIT,
					PROGRAM_REFILL_KPROBE, PROGRAM_REFILL_KRETPROBE};
static const struct ways grow_ways = {PROGRAM_GROW_FENTRY, PROGRAM_GROW_FEXIT, PROGRAM_GROW_KPROBE,
				      PROGRAM_GROW_KRETPROBE};
static const struct ways transfer_ways = {PROGRAM_TRANSFER_FEXIT, PROGRAM_TRANSFER_FEXIT,
					  PROGRAM_TRANSFER_KRETPROBE, PROGRAM_TRANSFER_KRETPROBE};
static const struct ways bypass_ways = {PROGRAM_BYPASS_FENTRY, PROGRAM_BYPASS_FEXIT,
					PROGRAM_BYPASS_KPROBE, PROGRAM_BYPASS_KRETPROBE};
static const struct ways flush_ways = {PROGRAM_FLUSH_FENTRY, PROGRAM_FLUSH_FENTRY,
				       PROGRAM_FLUSH_KPROBE, PROGRAM_FLUSH_KPROBE};
static const struct ways destroy_ways = {PROGRAM_DESTROY_FENTRY, PROGRAM_DESTROY_FENTRY,
					 PROGRAM_DESTROY_KPROBE, PROGRAM_DESTROY_KPROBE};

static void plan_slab_refills(struct planner *p)
{
	const char *how = rule_take(p, &refill_ways);

	if (!how) {
		rule_no_function(p, QUANTITY_REFILLS, &refill_ways);
		rule_unknown_like(p, QUANTITY_LATENCY, QUANTITY_REFILLS);
		return;
	}
	p->plan->probes = how;
	rule_known(p, QUANTITY_REFILLS, "%s on cache_alloc_refill", how);
	rule_known(p, QUANTITY_LATENCY, "%s on cache_alloc_refill, entry to return", how);
}

static void plan_slab_origins(struct planner *p)
{
	const char *grow, *transfer;

	grow = rule_take(p, &grow_ways);
	if (grow)
		rule_known(p, QUANTITY_GROWS, "%s on cache_grow_begin", grow);
	else
		rule_no_function(p, QUANTITY_GROWS, &grow_ways);
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

static void plan_slab_bypasses(struct planner *p)
{
	const char *how = rule_take(p, &bypass_ways);

	if (how)
		rule_known(p, QUANTITY_BYPASSES, "%s on ____cache_alloc_node", how);
	else
		rule_no_function(p, QUANTITY_BYPASSES, &bypass_ways);
}

static void plan_slab_flushes(struct planner *p)
{
	const struct facts *facts = p->facts;
	const char *how;

	how = rule_take(p, &flush_ways);
	if (how) {
		rule_known(p, QUANTITY_FLUSHES, "%s on cache_flusharray", how);
		return;
	}
	if (facts->nodes > 1) {
		rule_unknown(
			p, QUANTITY_FLUSHES, "",
			"cache_flusharray is inlined in this kernel, and with "
			"several NUMA nodes its last step cannot be told from a remote free's");
		return;
	}
	if (!facts->symbol[SYMBOL_CACHE_FREE].end) {
		rule_unknown(
			p, QUANTITY_FLUSHES, rule_show_addresses,
			"cache_flusharray is inlined in this kernel, and where ___cache_free stands "
			"is hidden");
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
	plan_slab_refills(p);
	plan_slab_origins(p);
	plan_slab_bypasses(p);
	rule_hits(p);
	plan_slab_flushes(p);
	rule_unknown(
		p, QUANTITY_LIST_MOVES, "",
		"slabs change lists within cache_alloc_refill and free_block: no function of their "
		"own shows it");
	rule_unknown(
		p, QUANTITY_SLAB_FREES, "",
		"slabs are given back within slabs_destroy: no function of their own shows it");
}
