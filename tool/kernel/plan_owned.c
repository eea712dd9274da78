// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * plan_owned.c: allocations and frees where tracepoints do not give the cache (up to 6.0). The page
 * of the object does, while the object is allocated.
 */
#include "kernel/plan_owned.h"

#include "bpf/events.h"

static const struct ways free_ways = ENTRY(OWNED_FREE);

static const enum program allocs[] = {PROGRAM_OWNED_ALLOC, PROGRAM_OWNED_ALLOC_NODE};
static const enum program kmallocs[] = {PROGRAM_OWNED_KMALLOC, PROGRAM_OWNED_KMALLOC_NODE,
					PROGRAM_OWNED_KFREE};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Loads all of the programs or none. */
static bool take_all(struct planner *p, const enum program *programs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!rule_usable(p, programs[i]))
			return false;
	for (size_t i = 0; i < count; i++)
		p->plan->load[programs[i]] = true;
	return true;
}

static void plan_allocs(struct planner *p)
{
	const struct facts *facts = p->facts;

	if (!rule_usable(p, PROGRAM_OWNED_ALLOC)) {
		rule_no_tracepoints(p, QUANTITY_ALLOCS);
	} else if (plan_owner(facts) != OWNER_PAGE) {
		if (facts->symbol[SYMBOL_VMEMMAP_BASE].present)
			rule_unknown(p, QUANTITY_ALLOCS, rule_show_addresses,
				     "this kernel's tracepoints give no cache, and where the "
				     "memory map stands is hidden");
		else
			rule_unknown(p, QUANTITY_ALLOCS,
				     "use a kernel with CONFIG_KALLSYMS_ALL, or from 6.1 on",
				     "this kernel's tracepoints give no cache, and it does not "
				     "let us look it up");
	} else if (take_all(p, allocs, COUNT(allocs))) {
		p->plan->owner = OWNER_PAGE;
		rule_known(p, QUANTITY_ALLOCS,
			   "raw tracepoints kmem_cache_alloc and kmem_cache_alloc_node, the "
			   "cache from the object's page");
	} else {
		rule_unknown(p, QUANTITY_ALLOCS, "",
			     "this kernel refuses the program on kmem_cache_alloc_node");
	}
}

static void plan_frees(struct planner *p)
{
	const char *how;

	if (rule_no_functions(p, QUANTITY_FREES)) {
		rule_unknown(p, QUANTITY_FREES, p->plan->quantity[QUANTITY_FREES].remedy,
			     "this kernel's kmem_cache_free tracepoint gives no cache and fires "
			     "after the free; its functions cannot be watched");
		return;
	}
	how = rule_take(p, &free_ways);
	if (how)
		rule_known(p, QUANTITY_FREES, "%s on kmem_cache_free", how);
	else
		rule_no_function(p, QUANTITY_FREES, &free_ways);
}

void plan_owned(struct planner *p)
{
	static const enum quantity others[] = {QUANTITY_FREES, QUANTITY_FAILED, QUANTITY_KMALLOC,
					       QUANTITY_LARGE};

	plan_allocs(p);
	if (!p->plan->quantity[QUANTITY_ALLOCS].known) {
		for (size_t i = 0; i < COUNT(others); i++)
			rule_unknown_like(p, others[i], QUANTITY_ALLOCS);
		return;
	}
	rule_unknown(p, QUANTITY_FAILED, "use a kernel from 6.1 on",
		     "this kernel's tracepoints give no cache, and a failed allocation has no "
		     "object that would");
	plan_frees(p);
	if (!p->facts->kmalloc_traced || !take_all(p, kmallocs, COUNT(kmallocs))) {
		p->plan->owner = OWNER_NONE;
		rule_unknown(p, QUANTITY_KMALLOC, "",
			     "this kernel refuses the programs on kmalloc and kfree");
		rule_unknown_like(p, QUANTITY_LARGE, QUANTITY_KMALLOC);
		return;
	}
	rule_known(p, QUANTITY_KMALLOC,
		   "raw tracepoints kmalloc, kmalloc_node and kfree, the cache from the object's "
		   "page");
	rule_known(p, QUANTITY_LARGE,
		   "raw tracepoints kmalloc, kmalloc_node and kfree, where the page is of no slab");
}
