// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* plan_slub.c: the slow path of SLUB where CPUs own slabs. */
#include "kernel/plan_slub.h"

#include "bpf/events.h"

static const struct ways refill_ways = BOTH(SLUB_REFILL);
static const struct ways partial_ways = EXIT(SLUB_PARTIAL);
/* A kretprobe does not see which node the list belongs to. */
static const struct ways partial_of_ways = {PROGRAM_SLUB_PARTIAL_FEXIT, PROGRAM_SLUB_PARTIAL_FEXIT,
					    PROGRAM_SLUB_PARTIAL_KPROBE,
					    PROGRAM_SLUB_PARTIAL_KRETPROBE};
static const struct ways flush_ways = ENTRY(SLUB_FLUSH);
static const struct ways grow_ways = EXIT(SLUB_GROW);
/* A kretprobe does not see whether the cache has sheaves, where this function refills nothing. */
static const struct ways mixed_ways = {PROGRAM_SLUB_REFILL_FENTRY, PROGRAM_SLUB_REFILL_FEXIT,
				       PROGRAM_SLUB_REFILL_FENTRY, PROGRAM_SLUB_REFILL_FEXIT};
static const struct ways free_ways = ENTRY(SLUB_FREE);
static const struct ways kfence_ways = EXIT(KFENCE);

void plan_slub_slabs(struct planner *p)
{
	rule_watch(p, QUANTITY_GROWS, &grow_ways);
	rule_watch(p, QUANTITY_SLAB_FREES, &free_ways);
}

/* A kretprobe sees no argument, so that the cache is found by the object. */
bool plan_slub_take_bypass(struct planner *p, const struct ways *ways)
{
	const char *how = rule_take(p, ways);

	if (how && (p->plan->load[ways->fexit] || p->plan->owner != OWNER_NONE))
		return true;
	rule_no_function(p, QUANTITY_BYPASSES, ways);
	return false;
}

bool plan_slub_take_bypass_of(struct planner *p, const struct ways *if_there)
{
	return !p->facts->symbol[kernel_probe_rows[if_there->fexit].symbol].present ||
	       plan_slub_take_bypass(p, if_there);
}

bool plan_slub_take_kfence(struct planner *p)
{
	return plan_slub_take_bypass_of(p, &kfence_ways);
}

void plan_slub_no_list_moves(struct planner *p)
{
	rule_unknown(p, QUANTITY_LIST_MOVES, "",
		     "slabs change lists within __slab_free and the search for partial ones: no "
		     "function of their own shows it");
}

static void plan_origins(struct planner *p)
{
	const struct ways *ways = p->facts->nodes > 1 ? &partial_of_ways : &partial_ways;
	const char *partial;

	if (!p->plan->quantity[QUANTITY_REFILLS].known) {
		rule_unknown_like(p, QUANTITY_ORIGINS, QUANTITY_REFILLS);
		return;
	}
	partial = rule_take(p, ways);
	if (!partial)
		rule_no_function(p, QUANTITY_ORIGINS, ways);
	else if (!p->plan->quantity[QUANTITY_GROWS].known)
		rule_unknown_like(p, QUANTITY_ORIGINS, QUANTITY_GROWS);
	else
		rule_known(p, QUANTITY_ORIGINS,
			   "%s on get_partial_node and allocate_slab; the slabs that the "
			   "CPU owned before and after",
			   partial);
}

void plan_slub(struct planner *p)
{
	plan_slub_slabs(p);
	rule_refills(p, p->plan->era == ERA_MIXED ? &mixed_ways : &refill_ways);
	plan_origins(p);
	if (!p->plan->quantity[QUANTITY_REFILLS].known)
		rule_unknown_like(p, QUANTITY_BYPASSES, QUANTITY_REFILLS);
	else if (plan_slub_take_kfence(p))
		rule_known(p, QUANTITY_BYPASSES,
			   "___slab_alloc where the CPU then owns no slab, KFENCE's objects");
	rule_hits(p);
	rule_watch(p, QUANTITY_FLUSHES, &flush_ways);
	plan_slub_no_list_moves(p);
}
