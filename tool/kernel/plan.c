// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * plan.c: makes the plan. A function decides each quantity, from those decided before. An era has
 * its own rules in its own file.
 */
#include "kernel/plan.h"

#include <errno.h>
#include <string.h>

#include "bpf/events.h"
#include "kernel/plan_infer.h"
#include "kernel/plan_owned.h"
#include "kernel/plan_rules.h"
#include "system/privileges.h"

const char *const plan_quantity_names[QUANTITIES] = {
	[QUANTITY_SIZES] = "objects and sizes",
	[QUANTITY_ALLOCS] = "allocs",
	[QUANTITY_FREES] = "frees",
	[QUANTITY_KMALLOC] = "kmalloc caches",
	[QUANTITY_LARGE] = "large kmallocs",
	[QUANTITY_BULK] = "bulk calls",
	[QUANTITY_FAILED] = "failed",
	[QUANTITY_REFILLS] = "refills",
	[QUANTITY_HITS] = "hits",
	[QUANTITY_LATENCY] = "latency",
	[QUANTITY_ORIGINS] = "origins",
	[QUANTITY_BYPASSES] = "bypasses",
	[QUANTITY_GROWS] = "grows",
	[QUANTITY_FLUSHES] = "flushes",
	[QUANTITY_LIST_MOVES] = "list moves",
	[QUANTITY_SLAB_FREES] = "slab frees",
	[QUANTITY_CACHED] = "cached objects",
	[QUANTITY_CALLERS] = "callers",
};

static const struct ways alloc_bulk_ways = {PROGRAM_ALLOC_BULK_FEXIT, PROGRAM_ALLOC_BULK_FEXIT,
					    PROGRAM_ALLOC_BULK_KPROBE,
					    PROGRAM_ALLOC_BULK_KRETPROBE};
static const struct ways free_bulk_ways = {PROGRAM_FREE_BULK_FENTRY, PROGRAM_FREE_BULK_FENTRY,
					   PROGRAM_FREE_BULK_KPROBE, PROGRAM_FREE_BULK_KPROBE};
static const struct ways large_alloc_ways = EXIT(LARGE_ALLOC);
static const struct ways large_free_ways = ENTRY(LARGE_FREE);

/* ---- quantities, tracepoints ----------------------------------------------------------------- */

static void plan_sizes(struct planner *p)
{
	int err = p->facts->slabinfo;

	if (!err)
		rule_known(p, QUANTITY_SIZES, "/proc/slabinfo");
	else if (err == EACCES || err == EPERM)
		rule_unknown(p, QUANTITY_SIZES, PRIVILEGES_AS_ROOT "CAP_DAC_READ_SEARCH",
			     "/proc/slabinfo is not readable for this user (%s)",
			     rule_error_name(err));
	else
		rule_unknown(p, QUANTITY_SIZES,
			     "use a kernel with CONFIG_SLUB_DEBUG, and mount /proc",
			     "/proc/slabinfo cannot be read (%s)", rule_error_name(err));
}

static void plan_tracepoints(struct planner *p)
{
	const struct facts *facts = p->facts;

	if (facts->alloc_has_cache && rule_usable(p, PROGRAM_COUNT_ALLOC)) {
		p->plan->load[PROGRAM_COUNT_ALLOC] = true;
		rule_known(p, QUANTITY_ALLOCS, "raw tracepoint kmem_cache_alloc");
		rule_known(p, QUANTITY_FAILED,
			   "raw tracepoint kmem_cache_alloc, where it gave NULL; not of "
			   "kmalloc caches");
	} else {
		rule_no_tracepoints(p, QUANTITY_ALLOCS);
		rule_unknown_like(p, QUANTITY_FAILED, QUANTITY_ALLOCS);
	}
	if (facts->free_has_cache && rule_usable(p, PROGRAM_COUNT_FREE)) {
		p->plan->load[PROGRAM_COUNT_FREE] = true;
		rule_known(p, QUANTITY_FREES, "raw tracepoint kmem_cache_free");
	} else if (p->plan->quantity[QUANTITY_ALLOCS].known && !facts->free_has_cache) {
		rule_unknown(p, QUANTITY_FREES, "use a kernel from 6.1 on",
			     "this kernel's kmem_cache_free tracepoint does not give the cache");
	} else if (p->plan->quantity[QUANTITY_ALLOCS].known) {
		rule_unknown(p, QUANTITY_FREES, "", "this kernel refuses the program (%s)",
			     rule_error_name(facts->refused[PROGRAM_COUNT_FREE]));
	} else {
		rule_unknown_like(p, QUANTITY_FREES, QUANTITY_ALLOCS);
	}
}

uint32_t plan_owner(const struct facts *facts)
{
	const struct symbol_facts *symbol = facts->symbol;

	if (symbol[SYMBOL_GET_KMEM_CACHE].present && symbol[SYMBOL_GET_KMEM_CACHE].in_btf &&
	    !facts->kernel_btf)
		return OWNER_KFUNC;
	if ((facts->page_slab_flag || facts->page_slab_type) &&
	    symbol[SYMBOL_VMEMMAP_BASE].address && symbol[SYMBOL_PAGE_OFFSET_BASE].address)
		return OWNER_PAGE;
	return OWNER_NONE;
}

static void plan_kmalloc(struct planner *p)
{
	const struct facts *facts = p->facts;

	if (!p->plan->quantity[QUANTITY_ALLOCS].known) {
		rule_unknown_like(p, QUANTITY_KMALLOC, QUANTITY_ALLOCS);
		return;
	}
	p->plan->owner = plan_owner(facts);
	if (p->plan->owner == OWNER_NONE && facts->symbol[SYMBOL_VMEMMAP_BASE].present &&
	    !facts->symbol[SYMBOL_VMEMMAP_BASE].address) {
		rule_unknown(
			p, QUANTITY_KMALLOC, rule_show_addresses,
			"the kmalloc tracepoint gives no cache, and where the memory map stands is "
			"hidden");
	} else if (p->plan->owner == OWNER_NONE) {
		rule_unknown(
			p, QUANTITY_KMALLOC,
			"use a kernel with CONFIG_KALLSYMS_ALL, or from 6.17 on",
			"the kmalloc tracepoint gives no cache, and this kernel does not let us "
			"look it up");
	} else if (!facts->kmalloc_traced || !rule_usable(p, PROGRAM_COUNT_KMALLOC) ||
		   !rule_usable(p, PROGRAM_COUNT_KFREE)) {
		p->plan->owner = OWNER_NONE;
		rule_unknown(p, QUANTITY_KMALLOC, "",
			     "this kernel refuses the programs on kmalloc and kfree");
	} else {
		p->plan->load[PROGRAM_COUNT_KMALLOC] = p->plan->load[PROGRAM_COUNT_KFREE] = true;
		rule_known(p, QUANTITY_KMALLOC,
			   "raw tracepoints kmalloc and kfree, the cache from %s",
			   p->plan->owner == OWNER_KFUNC ? "bpf_get_kmem_cache()"
							 : "the object's page");
	}
}

/* ---- quantities, functions of every allocator ------------------------------------------------ */

static void plan_bulk(struct planner *p)
{
	const char *how;

	if (!p->plan->quantity[QUANTITY_ALLOCS].known) {
		rule_unknown_like(p, QUANTITY_BULK, QUANTITY_ALLOCS);
		return;
	}
	if (rule_no_functions(p, QUANTITY_BULK))
		return;
	how = rule_take(p, &alloc_bulk_ways);
	if (how)
		rule_known(p, QUANTITY_BULK, "%s on kmem_cache_alloc_bulk", how);
	else
		rule_no_function(p, QUANTITY_BULK, &alloc_bulk_ways);
	rule_take(p, &free_bulk_ways);
}

static void plan_large(struct planner *p)
{
	const char *how;

	if (rule_no_functions(p, QUANTITY_LARGE))
		return;
	how = rule_take(p, &large_alloc_ways);
	if (!how)
		rule_no_function(p, QUANTITY_LARGE, &large_alloc_ways);
	else if (!rule_take(p, &large_free_ways))
		rule_no_function(p, QUANTITY_LARGE, &large_free_ways);
	else
		rule_known(p, QUANTITY_LARGE, "%s on %s and free_large_kmalloc", how,
			   facts_symbol_name(p->facts, SYMBOL_KMALLOC_LARGE));
}

/*
 * Loads stand-ins for programs that may be interrupted; without them, more is lost. Where a program
 * runs within itself, too, nothing is.
 */
static void plan_late(struct planner *p)
{
	for (int i = 0; i < PROGRAMS; i++) {
		enum program late = kernel_probe_rows[i].late;

		if (late && p->plan->load[i] && !p->facts->programs_nest)
			p->plan->load[late] = rule_usable(p, late);
	}
}

static bool is_on_function(enum program program, bool trampoline)
{
	enum probe_kind kind = kernel_probe_rows[program].kind;

	return trampoline ? kind == PROBE_FENTRY || kind == PROBE_FEXIT
			  : kind == PROBE_KPROBE || kind == PROBE_KRETPROBE;
}

/* Loads the proof that programs on functions run, for each kind of them. */
static void plan_proof(struct planner *p)
{
	for (int i = 0; i < PROGRAMS; i++) {
		if (!p->plan->load[i])
			continue;
		if (is_on_function(i, true))
			p->plan->load[PROGRAM_PROOF_FENTRY] = rule_usable(p, PROGRAM_PROOF_FENTRY);
		if (is_on_function(i, false))
			p->plan->load[PROGRAM_PROOF_KPROBE] = rule_usable(p, PROGRAM_PROOF_KPROBE);
	}
}

/* ---- the plan -------------------------------------------------------------------------------- */

/* Plans all that the slow path shows. */
static void plan_slow_path(struct planner *p)
{
	const struct era_row *era = &era_rows[p->plan->era];

	if (!rule_no_functions(p, QUANTITY_REFILLS)) {
		if (era->plan) {
			era->plan(p);
			rule_callers(p);
			return;
		}
		rule_unknown(p, QUANTITY_REFILLS, era->remedy, "%s", era->why);
	}
	for (int q = QUANTITY_HITS; q < QUANTITIES; q++)
		rule_unknown_like(p, q, QUANTITY_REFILLS);
}

bool plan_loads(const struct plan *plan)
{
	for (int i = 0; i < PROGRAMS; i++)
		if (plan->load[i])
			return true;
	return false;
}

void plan_make(const struct facts *facts, struct plan *to)
{
	struct planner p = {.facts = facts, .plan = to};

	memset(to, 0, sizeof(*to));
	to->era = eras_find(facts);
	to->probes = "none";
	plan_sizes(&p);
	if (facts->split_tracepoints)
		plan_owned(&p);
	else
		plan_tracepoints(&p);
	if (!facts->split_tracepoints)
		plan_kmalloc(&p);
	plan_bulk(&p);
	if (!to->quantity[QUANTITY_LARGE].known)
		plan_large(&p);
	if (plan_loads(to)) {
		to->load[PROGRAM_LOOK] = rule_usable(&p, PROGRAM_LOOK);
		to->load[PROGRAM_MEASURE] =
			rule_usable(&p, PROGRAM_MEASURE) &&
			(!facts->few_helpers || facts->symbol[SYMBOL_PER_CPU_OFFSET].address);
		to->probes = "tracepoint";
	}
	plan_slow_path(&p);
	plan_infer(&p);
	plan_late(&p);
	plan_proof(&p);
	if (era_rows[to->era].cached) /* independent of the slow path */
		rule_cached(&p, era_rows[to->era].cached, era_rows[to->era].look);
}
