// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * plan.c: the rules. Each quantity has one function that decides it, from what is already decided; an
 * era without programs for its slow path says so. Reasons are whole sentences without a full stop.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../bpf/events.h"
#include "plan.h"

const char *const era_names[ERAS] = {
	[ERA_UNKNOWN] = "",   [ERA_SLAB] = "slab",	 [ERA_SLUB] = "slub",
	[ERA_MIXED] = "mixed", [ERA_SHEAVES] = "sheaves",
};

const char *const quantity_names[QUANTITIES] = {
	[QUANTITY_SIZES] = "objects and sizes",
	[QUANTITY_ALLOCS] = "allocs",
	[QUANTITY_FREES] = "frees",
	[QUANTITY_KMALLOC] = "kmalloc caches",
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
};

struct planner {
	const struct facts *facts;
	struct plan *plan;
};

static void known(struct planner *p, enum quantity q, const char *how, ...)
	__attribute__((format(printf, 3, 4)));
static void unknown(struct planner *p, enum quantity q, const char *remedy, const char *why, ...)
	__attribute__((format(printf, 4, 5)));

static void known(struct planner *p, enum quantity q, const char *how, ...)
{
	struct quantity_plan *to = &p->plan->quantity[q];
	va_list args;

	to->known = true;
	va_start(args, how);
	vsnprintf(to->how, sizeof(to->how), how, args);
	va_end(args);
}

static void unknown(struct planner *p, enum quantity q, const char *remedy, const char *why, ...)
{
	struct quantity_plan *to = &p->plan->quantity[q];
	va_list args;

	to->known = false;
	snprintf(to->remedy, sizeof(to->remedy), "%s", remedy);
	va_start(args, why);
	vsnprintf(to->why, sizeof(to->why), why, args);
	va_end(args);
}

/* q is unknown for the same reason as from. */
static void unknown_like(struct planner *p, enum quantity q, enum quantity from)
{
	const struct quantity_plan *of = &p->plan->quantity[from];

	unknown(p, q, of->remedy, "%s", of->why);
}

static const char *error_name(int err)
{
	const char *name = strerrorname_np(err);

	return name ? name : "unknown error";
}

/* ---- which programs can run ------------------------------------------------------------------- */

static bool usable(struct planner *p, enum program program)
{
	const struct facts *facts = p->facts;
	const struct program_row *row = &program_rows[program];
	const struct symbol_facts *symbol = &facts->symbol[row->symbol];

	if (facts->refused[program] || facts->btf)
		return false;
	switch (row->kind) {
	case PROBE_RAW_TP:
	case PROBE_CALL:
		return !facts->raw_tp && facts->limit <= ATTACH_TRACEPOINT;
	case PROBE_FENTRY:
	case PROBE_FEXIT:
		return !facts->fentry && facts->limit == ATTACH_ANY && symbol->present &&
		       symbol->in_btf;
	case PROBE_KPROBE:
	case PROBE_KRETPROBE:
		return !facts->kprobe && facts->limit <= ATTACH_KPROBE && symbol->present;
	}
	return false;
}

/* Loads both, or none. exit may be the same as entry. */
static bool take_pair(struct planner *p, enum program entry, enum program exit)
{
	if (!usable(p, entry) || !usable(p, exit))
		return false;
	p->plan->load[entry] = p->plan->load[exit] = true;
	return true;
}

/* Loads the first pair if it can run, else the second. Returns how, or NULL. */
static const char *take(struct planner *p, enum program fentry, enum program fexit,
			enum program kprobe, enum program kretprobe)
{
	if (take_pair(p, fentry, fexit))
		return "fentry";
	if (take_pair(p, kprobe, kretprobe))
		return "kprobe";
	return NULL;
}

/* ---- why something cannot be watched ----------------------------------------------------------- */

static const char as_root[] = "run slabscope as root, or give it CAP_BPF and CAP_PERFMON";

/* Why no BPF program counts anything. */
static void no_tracepoints(struct planner *p, enum quantity q)
{
	const struct facts *facts = p->facts;

	if (facts->limit == ATTACH_NONE)
		unknown(p, q, "unset it", "SLABSCOPE_ATTACH=none forbids BPF programs");
	else if (facts->raw_tp == EPERM || facts->raw_tp == EACCES)
		unknown(p, q, as_root, "loading BPF programs needs privileges (%s)",
			error_name(facts->raw_tp));
	else if (facts->raw_tp)
		unknown(p, q, "use a kernel with CONFIG_BPF_SYSCALL and CONFIG_BPF_EVENTS",
			"this kernel takes no BPF program on a raw tracepoint (%s)",
			error_name(facts->raw_tp));
	else if (facts->btf)
		unknown(p, q, "use a kernel with CONFIG_DEBUG_INFO_BTF",
			"this kernel's types cannot be read: /sys/kernel/btf/vmlinux, %s",
			error_name(facts->btf));
	else if (!facts->alloc_has_cache)
		unknown(p, q, "use a kernel from 6.1 on",
			"this kernel's kmem_cache_alloc tracepoint does not give the cache");
	else
		unknown(p, q, "", "this kernel refuses the program (%s)",
			error_name(facts->refused[PROGRAM_COUNT_ALLOC]));
}

/* Why no function of the kernel can be watched, or false: they can. */
static bool no_functions(struct planner *p, enum quantity q)
{
	const struct facts *facts = p->facts;
	const char *kprobes = "has no kprobes";
	char kprobe_text[64];

	if (facts->btf || facts->raw_tp || facts->limit == ATTACH_NONE) {
		no_tracepoints(p, q);
		return true;
	}
	if (facts->limit == ATTACH_TRACEPOINT) {
		unknown(p, q, "unset it", "SLABSCOPE_ATTACH=tracepoint forbids fentry and kprobes");
		return true;
	}
	if (!facts->kprobe || (!facts->fentry && facts->limit == ATTACH_ANY))
		return false;
	if (facts->kprobe != ENODEV) {
		snprintf(kprobe_text, sizeof(kprobe_text), "kprobes (%s)", error_name(facts->kprobe));
		kprobes = kprobe_text;
	}
	unknown(p, q, "use a kernel that permits BPF trampolines or has CONFIG_KPROBES",
		"this kernel refuses fentry (%s) and %s", error_name(facts->fentry), kprobes);
	return true;
}

/* Why this function of the allocator cannot be watched, though others can. */
static void no_function(struct planner *p, enum quantity q, enum symbol symbol, enum program fexit,
			enum program kretprobe)
{
	const struct facts *facts = p->facts;
	int err = facts->refused[kretprobe] ? facts->refused[kretprobe] : facts->refused[fexit];

	if (facts->kallsyms)
		unknown(p, q, "mount /proc", "/proc/kallsyms cannot be read (%s)",
			error_name(facts->kallsyms));
	else if (!facts->symbol[symbol].present)
		unknown(p, q, "", "this kernel has no function %s: the compiler put it into its callers",
			symbol_names[symbol]);
	else
		unknown(p, q, "", "this kernel refuses a probe on %s (%s)", symbol_names[symbol],
			error_name(err));
}

/* ---- quantities, tracepoints ------------------------------------------------------------------- */

static void plan_sizes(struct planner *p)
{
	int err = p->facts->slabinfo;

	if (!err)
		known(p, QUANTITY_SIZES, "/proc/slabinfo");
	else if (err == EACCES || err == EPERM)
		unknown(p, QUANTITY_SIZES, "run slabscope as root",
			"/proc/slabinfo is not readable for this user (%s)", error_name(err));
	else
		unknown(p, QUANTITY_SIZES, "use a kernel with CONFIG_SLUB_DEBUG, and mount /proc",
			"/proc/slabinfo cannot be read (%s)", error_name(err));
}

static void plan_tracepoints(struct planner *p)
{
	const struct facts *facts = p->facts;

	if (facts->alloc_has_cache && usable(p, PROGRAM_COUNT_ALLOC)) {
		p->plan->load[PROGRAM_COUNT_ALLOC] = true;
		known(p, QUANTITY_ALLOCS, "raw tracepoint kmem_cache_alloc");
		known(p, QUANTITY_FAILED, "raw tracepoint kmem_cache_alloc, where it gave NULL; not of "
					  "kmalloc caches");
	} else {
		no_tracepoints(p, QUANTITY_ALLOCS);
		unknown_like(p, QUANTITY_FAILED, QUANTITY_ALLOCS);
	}
	if (facts->free_has_cache && usable(p, PROGRAM_COUNT_FREE)) {
		p->plan->load[PROGRAM_COUNT_FREE] = true;
		known(p, QUANTITY_FREES, "raw tracepoint kmem_cache_free");
	} else if (p->plan->quantity[QUANTITY_ALLOCS].known) {
		unknown(p, QUANTITY_FREES, "use a kernel from 6.1 on",
			"this kernel's kmem_cache_free tracepoint does not give the cache");
	} else {
		unknown_like(p, QUANTITY_FREES, QUANTITY_ALLOCS);
	}
}

static uint32_t choose_owner(const struct facts *facts)
{
	const struct symbol_facts *symbol = facts->symbol;

	if (symbol[SYMBOL_GET_KMEM_CACHE].present && symbol[SYMBOL_GET_KMEM_CACHE].in_btf)
		return OWNER_KFUNC;
	if (facts->page_slab_flag && symbol[SYMBOL_VMEMMAP_BASE].address &&
	    symbol[SYMBOL_PAGE_OFFSET_BASE].address)
		return OWNER_PAGE;
	return OWNER_NONE;
}

static void plan_kmalloc(struct planner *p)
{
	const struct facts *facts = p->facts;

	if (!p->plan->quantity[QUANTITY_ALLOCS].known) {
		unknown_like(p, QUANTITY_KMALLOC, QUANTITY_ALLOCS);
		return;
	}
	p->plan->owner = choose_owner(facts);
	if (p->plan->owner == OWNER_NONE) {
		unknown(p, QUANTITY_KMALLOC, "use a kernel with CONFIG_KALLSYMS_ALL, or from 6.17 on",
			"the kmalloc tracepoint gives no cache, and this kernel does not let us "
			"look it up");
	} else if (!facts->kmalloc_traced || !usable(p, PROGRAM_COUNT_KMALLOC) ||
		   !usable(p, PROGRAM_COUNT_KFREE)) {
		p->plan->owner = OWNER_NONE;
		unknown(p, QUANTITY_KMALLOC, "", "this kernel refuses the programs on kmalloc and kfree");
	} else {
		p->plan->load[PROGRAM_COUNT_KMALLOC] = p->plan->load[PROGRAM_COUNT_KFREE] = true;
		known(p, QUANTITY_KMALLOC, "raw tracepoints kmalloc and kfree, the cache from %s",
		      p->plan->owner == OWNER_KFUNC ? "bpf_get_kmem_cache()" : "the object's page");
	}
}

/* ---- quantities, functions of every allocator -------------------------------------------------- */

static void plan_bulk(struct planner *p)
{
	const char *how;

	if (!p->plan->quantity[QUANTITY_ALLOCS].known) {
		unknown_like(p, QUANTITY_BULK, QUANTITY_ALLOCS);
		return;
	}
	if (no_functions(p, QUANTITY_BULK))
		return;
	how = take(p, PROGRAM_ALLOC_BULK_FEXIT, PROGRAM_ALLOC_BULK_FEXIT, PROGRAM_ALLOC_BULK_KPROBE,
		   PROGRAM_ALLOC_BULK_KRETPROBE);
	if (how)
		known(p, QUANTITY_BULK, "%s on kmem_cache_alloc_bulk", how);
	else
		no_function(p, QUANTITY_BULK, SYMBOL_ALLOC_BULK, PROGRAM_ALLOC_BULK_FEXIT,
			    PROGRAM_ALLOC_BULK_KRETPROBE);
	take(p, PROGRAM_FREE_BULK_FENTRY, PROGRAM_FREE_BULK_FENTRY, PROGRAM_FREE_BULK_KPROBE,
	     PROGRAM_FREE_BULK_KPROBE);
}

/* ---- quantities, SLAB -------------------------------------------------------------------------- */

static void plan_slab_refills(struct planner *p)
{
	const char *how = take(p, PROGRAM_REFILL_FENTRY, PROGRAM_REFILL_FEXIT, PROGRAM_REFILL_KPROBE,
			       PROGRAM_REFILL_KRETPROBE);

	if (!how) {
		no_function(p, QUANTITY_REFILLS, SYMBOL_CACHE_ALLOC_REFILL, PROGRAM_REFILL_FEXIT,
			    PROGRAM_REFILL_KRETPROBE);
		unknown_like(p, QUANTITY_LATENCY, QUANTITY_REFILLS);
		return;
	}
	p->plan->probes = how;
	known(p, QUANTITY_REFILLS, "%s on cache_alloc_refill", how);
	known(p, QUANTITY_LATENCY, "%s on cache_alloc_refill, entry to return", how);
}

static void plan_slab_origins(struct planner *p)
{
	const char *grow, *transfer;

	grow = take(p, PROGRAM_GROW_FENTRY, PROGRAM_GROW_FEXIT, PROGRAM_GROW_KPROBE,
		    PROGRAM_GROW_KRETPROBE);
	if (grow)
		known(p, QUANTITY_GROWS, "%s on cache_grow_begin", grow);
	else
		no_function(p, QUANTITY_GROWS, SYMBOL_CACHE_GROW_BEGIN, PROGRAM_GROW_FEXIT,
			    PROGRAM_GROW_KRETPROBE);
	if (!p->plan->quantity[QUANTITY_REFILLS].known) {
		unknown_like(p, QUANTITY_ORIGINS, QUANTITY_REFILLS);
		return;
	}
	transfer = take(p, PROGRAM_TRANSFER_FEXIT, PROGRAM_TRANSFER_FEXIT, PROGRAM_TRANSFER_KRETPROBE,
			PROGRAM_TRANSFER_KRETPROBE);
	if (!transfer)
		no_function(p, QUANTITY_ORIGINS, SYMBOL_TRANSFER_OBJECTS, PROGRAM_TRANSFER_FEXIT,
			    PROGRAM_TRANSFER_KRETPROBE);
	else if (!grow)
		unknown_like(p, QUANTITY_ORIGINS, QUANTITY_GROWS);
	else
		known(p, QUANTITY_ORIGINS, "%s on transfer_objects and cache_grow_begin, and the node's "
					   "free_slabs", transfer);
}

static void plan_slab_bypasses(struct planner *p)
{
	const char *how = take(p, PROGRAM_BYPASS_FENTRY, PROGRAM_BYPASS_FEXIT, PROGRAM_BYPASS_KPROBE,
			       PROGRAM_BYPASS_KRETPROBE);

	if (how)
		known(p, QUANTITY_BYPASSES, "%s on ____cache_alloc_node", how);
	else
		no_function(p, QUANTITY_BYPASSES, SYMBOL_CACHE_ALLOC_NODE, PROGRAM_BYPASS_FEXIT,
			    PROGRAM_BYPASS_KRETPROBE);
}

static void plan_slab_hits(struct planner *p)
{
	static const enum quantity needs[] = { QUANTITY_ALLOCS, QUANTITY_REFILLS, QUANTITY_BYPASSES,
					       QUANTITY_BULK };

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (!p->plan->quantity[needs[i]].known) {
			unknown_like(p, QUANTITY_HITS, needs[i]);
			return;
		}
	}
	known(p, QUANTITY_HITS, "allocs less refills and bypasses");
}

static void plan_slab_flushes(struct planner *p)
{
	const struct facts *facts = p->facts;
	const char *how;

	how = take(p, PROGRAM_FLUSH_FENTRY, PROGRAM_FLUSH_FENTRY, PROGRAM_FLUSH_KPROBE,
		   PROGRAM_FLUSH_KPROBE);
	if (how) {
		known(p, QUANTITY_FLUSHES, "%s on cache_flusharray", how);
		return;
	}
	if (facts->nodes > 1) {
		unknown(p, QUANTITY_FLUSHES, "", "cache_flusharray is inlined in this kernel, and with "
			"several NUMA nodes its last step cannot be told from a remote free's");
		return;
	}
	if (!facts->symbol[SYMBOL_CACHE_FREE].end) {
		unknown(p, QUANTITY_FLUSHES, "let root read addresses (kernel.kptr_restrict)",
			"cache_flusharray is inlined in this kernel, and where ___cache_free stands "
			"is hidden");
		return;
	}
	how = take(p, PROGRAM_DESTROY_FENTRY, PROGRAM_DESTROY_FENTRY, PROGRAM_DESTROY_KPROBE,
		   PROGRAM_DESTROY_KPROBE);
	if (how)
		known(p, QUANTITY_FLUSHES, "%s on slabs_destroy, called by ___cache_free", how);
	else
		no_function(p, QUANTITY_FLUSHES, SYMBOL_SLABS_DESTROY, PROGRAM_DESTROY_FENTRY,
			    PROGRAM_DESTROY_KPROBE);
}

static void plan_slab_cached(struct planner *p)
{
	if (!usable(p, PROGRAM_LOOK))
		unknown_like(p, QUANTITY_CACHED, QUANTITY_ALLOCS);
	else if (!p->facts->symbol[SYMBOL_PER_CPU_OFFSET].address)
		unknown(p, QUANTITY_CACHED, "use a kernel with CONFIG_KALLSYMS_ALL",
			"this kernel does not say where its CPUs' arrays stand");
	else if (p->facts->cpus > LOOK_CPUS || p->facts->nodes > LOOK_NODES)
		unknown(p, QUANTITY_CACHED, "", "there are more CPUs or nodes than slabscope looks at");
	else
		known(p, QUANTITY_CACHED, "the avail of every CPU's array and every shared array");
	p->plan->load[PROGRAM_LOOK] = p->plan->quantity[QUANTITY_CACHED].known;
}

static void plan_slab(struct planner *p)
{
	static const char none[] = "no function of this kernel shows it";

	plan_slab_refills(p);
	plan_slab_origins(p);
	plan_slab_bypasses(p);
	plan_slab_hits(p);
	plan_slab_flushes(p);
	plan_slab_cached(p);
	unknown(p, QUANTITY_LIST_MOVES, "", "%s", none);
	unknown(p, QUANTITY_SLAB_FREES, "", "%s", none);
}

/* ---- the plan ---------------------------------------------------------------------------------- */

static enum era find_era(const struct facts *facts)
{
	if (facts->slab_arrays)
		return ERA_SLAB;
	if (facts->slub_cpu_slabs)
		return facts->slub_sheaves ? ERA_MIXED : ERA_SLUB;
	return facts->slub_sheaves ? ERA_SHEAVES : ERA_UNKNOWN;
}

/* Everything that the slow path tells. */
static void plan_slow_path(struct planner *p)
{
	if (!no_functions(p, QUANTITY_REFILLS)) {
		if (p->plan->era == ERA_SLAB) {
			plan_slab(p);
			return;
		}
		unknown(p, QUANTITY_REFILLS, "", "slabscope has no programs yet for the slow path of %s",
			facts_allocator_text(p->facts));
	}
	for (int q = QUANTITY_HITS; q < QUANTITIES; q++)
		unknown_like(p, q, QUANTITY_REFILLS);
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
	struct planner p = { .facts = facts, .plan = to };

	memset(to, 0, sizeof(*to));
	to->era = find_era(facts);
	to->probes = "none";
	plan_sizes(&p);
	plan_tracepoints(&p);
	plan_kmalloc(&p);
	plan_bulk(&p);
	if (plan_loads(to))
		to->probes = "tracepoint";
	plan_slow_path(&p);
}
