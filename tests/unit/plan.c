// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * plan.c: plans for kernels that are not running, from facts written here; then rules for every
 * plan, on random facts.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../bpf/events.h"
#include "kernel/plan_record.h"
#include "kernel/plan_shed.h"
#include "kernel/plan.h"

#include <cmocka.h> /* last: it has a macro fail() */

static void add_function(struct facts *f, enum symbol symbol)
{
	f->symbol[symbol] = (struct symbol_facts){.present = true,
						  .in_btf = true,
						  .address = 0xffffffff81200000 + symbol * 4096,
						  .end = 0xffffffff81200100 + symbol * 4096};
}

static void add_data(struct facts *f, enum symbol symbol)
{
	add_function(f, symbol);
	f->symbol[symbol].in_btf = false;
}

/* Common facts of all kernels of interest. */
static struct facts any_kernel(void)
{
	struct facts f = {.cpus = 2, .nodes = 1, .slabinfo_caches = 100};

	f.alloc_has_cache = f.free_has_cache = f.kmalloc_traced = true;
	add_function(&f, SYMBOL_ALLOC_BULK);
	add_function(&f, SYMBOL_FREE_BULK);
	add_function(&f, SYMBOL_SHRINK);
	add_function(&f, SYMBOL_READ_DIR);
	add_function(&f, SYMBOL_KMALLOC_LARGE);
	add_function(&f, SYMBOL_FREE_LARGE);
	return f;
}

/* 6.1 with CONFIG_SLAB and CONFIG_KALLSYMS_ALL. */
static struct facts slab_kernel(void)
{
	struct facts f = any_kernel();

	f.slab_arrays = f.page_slab_flag = true;
	add_function(&f, SYMBOL_CACHE_ALLOC_REFILL);
	add_function(&f, SYMBOL_TRANSFER_OBJECTS);
	add_function(&f, SYMBOL_CACHE_GROW_BEGIN);
	add_function(&f, SYMBOL_CACHE_ALLOC_NODE);
	add_function(&f, SYMBOL_SLABS_DESTROY);
	add_function(&f, SYMBOL_CACHE_FREE);
	add_data(&f, SYMBOL_VMEMMAP_BASE);
	add_data(&f, SYMBOL_PAGE_OFFSET_BASE);
	return f;
}

/* 6.18 with neither fentry nor kprobes. */
static struct facts hardened_kernel(void)
{
	struct facts f = any_kernel();

	f.slub_cpu_slabs = f.slub_sheaves = true;
	f.fentry = EPERM;
	f.kprobe = ENODEV;
	add_function(&f, SYMBOL_GET_KMEM_CACHE);
	return f;
}

static void add_functions(struct facts *f, const enum symbol *symbol, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_function(f, symbol[i]);
}
#define ADD_FUNCTIONS(f, ...)                                \
	add_functions(f, (const enum symbol[]){__VA_ARGS__}, \
		      sizeof((const enum symbol[]){__VA_ARGS__}) / sizeof(enum symbol))

/* A function that only kprobes reach, by another name. */
static void add_part(struct facts *f, enum symbol symbol)
{
	add_function(f, symbol);
	f->symbol[symbol].in_btf = false;
	f->symbol[symbol].alias = true;
}

/* Debian's 6.1: cpu slabs. */
static struct facts slub_6_1(void)
{
	struct facts f = any_kernel();

	f.slub_cpu_slabs = f.page_slab_flag = true;
	ADD_FUNCTIONS(&f, SYMBOL_SLAB_ALLOC, SYMBOL_ALLOCATE_SLAB, SYMBOL_FREE_SLAB,
		      SYMBOL_SLAB_FREE);
	add_part(&f, SYMBOL_GET_PARTIAL_NODE);
	add_data(&f, SYMBOL_VMEMMAP_BASE);
	add_data(&f, SYMBOL_PAGE_OFFSET_BASE);
	return f;
}

/* Debian's 6.12, where a type of struct page marks slabs, and 6.17, which has the kfunc. */
static struct facts slub_6_12(void)
{
	struct facts f = slub_6_1();

	f.page_slab_flag = false;
	f.page_slab_type = true;
	add_function(&f, SYMBOL_KFENCE_ALLOC);
	f.symbol[SYMBOL_ALLOC_BULK].alias = true;
	return f;
}

static struct facts slub_6_17(void)
{
	struct facts f = slub_6_12();

	add_function(&f, SYMBOL_GET_KMEM_CACHE);
	return f;
}

/* Debian's 6.18 and 6.19: sheaves in some caches; no kprobe on ___slab_alloc. */
static struct facts mixed_6_18(void)
{
	struct facts f = slub_6_17();

	f.slub_sheaves = true;
	ADD_FUNCTIONS(&f, SYMBOL_GET_PARTIAL_NODE, SYMBOL_REPLACE_EMPTY_MAIN,
		      SYMBOL_REPLACE_FULL_MAIN, SYMBOL_ALLOC_FROM_SHEAF);
	f.symbol[SYMBOL_ALLOC_FROM_SHEAF].alias = true;
	f.refused[PROGRAM_SLUB_REFILL_KPROBE] = f.refused[PROGRAM_SLUB_REFILL_KRETPROBE] = EINVAL;
	return f;
}

/* Debian's 7.0 and later. */
static struct facts sheaves_7_0(void)
{
	struct facts f = mixed_6_18();

	f.slub_cpu_slabs = false;
	f.symbol[SYMBOL_GET_PARTIAL_NODE] = (struct symbol_facts){0};
	ADD_FUNCTIONS(&f, SYMBOL_REFILL_OBJECTS, SYMBOL_REFILL_OBJECTS_NODE);
	return f;
}

static struct facts sheaves_7_3(void)
{
	struct facts f = sheaves_7_0();

	f.bulk_bool = true;
	return f;
}

static const struct quantity_plan *quantity(const struct plan *p, enum quantity q)
{
	return &p->quantity[q];
}

static void assert_unknown(const struct plan *p, enum quantity q, const char *why)
{
	if (p->quantity[q].known)
		fail_msg("%s is known: %s", plan_quantity_names[q], p->quantity[q].how);
	if (!strstr(p->quantity[q].why, why))
		fail_msg("%s: \"%s\" does not say \"%s\"", plan_quantity_names[q],
			 p->quantity[q].why, why);
}

/* Checks the rules for every plan. */
static void assert_sound(const struct facts *f, const struct plan *p)
{
	for (int q = 0; q < QUANTITIES; q++) {
		const struct quantity_plan *it = quantity(p, q);

		if (it->known ? !it->how[0] || it->why[0] : !it->why[0] || it->how[0])
			fail_msg("%s is neither explained nor missed", plan_quantity_names[q]);
		assert_null(strstr(it->why, "(0)"));
	}
	for (int i = 0; i < PROGRAMS; i++) {
		const struct kernel_probe_row *row = &kernel_probe_rows[i];

		if (!p->load[i])
			continue;
		assert_int_equal(f->refused[i], 0);
		assert_int_equal(f->btf, 0);
		/* Stand-ins are loaded, and come first where the last program runs first. */
		if (row->late) {
			assert_int_equal(p->load[row->late], !f->refused[row->late]);
			assert_int_equal(kernel_probe_rows[row->late].kind, row->kind);
			assert_int_equal(kernel_probe_rows[row->late].symbol, row->symbol);
			assert_int_equal((int)row->late < i, row->kind != PROBE_RAW_TP);
		}
		if (kernel_probe_is_late(i))
			assert_int_equal(row->late, 0);
		if (row->symbol)
			assert_true(f->symbol[row->symbol].present);
		for (int j = 0; j < PROGRAMS; j++) {
			bool trampoline = row->kind == PROBE_FENTRY || row->kind == PROBE_FEXIT;

			/* Each function is watched in one way, but that of the proofs. */
			if (row->symbol && row->symbol != SYMBOL_READ_DIR && p->load[j] &&
			    kernel_probe_rows[j].symbol == row->symbol)
				assert_int_equal(trampoline,
						 kernel_probe_rows[j].kind == PROBE_FENTRY ||
							 kernel_probe_rows[j].kind == PROBE_FEXIT);
		}
	}
	assert_int_equal(p->load[PROGRAM_REFILL_FENTRY], p->load[PROGRAM_REFILL_FEXIT]);
	assert_int_equal(p->load[PROGRAM_REFILL_KPROBE], p->load[PROGRAM_REFILL_KRETPROBE]);
	assert_int_equal(p->load[PROGRAM_GROW_FENTRY], p->load[PROGRAM_GROW_FEXIT]);
	if (quantity(p, QUANTITY_HITS)->known)
		assert_true(quantity(p, QUANTITY_ALLOCS)->known &&
			    quantity(p, QUANTITY_REFILLS)->known &&
			    quantity(p, QUANTITY_BYPASSES)->known &&
			    (quantity(p, QUANTITY_BULK)->known || p->infer));
	/* Inferred quantities are marked, and nothing else of refills is known then. */
	for (int q = 0; q < QUANTITIES; q++)
		assert_int_equal(quantity(p, q)->inferred,
				 strstr(quantity(p, q)->how, "inferred") != NULL);
	assert_int_equal(quantity(p, QUANTITY_REFILLS)->inferred, p->infer != 0);
	if (p->infer) {
		assert_true(quantity(p, QUANTITY_HITS)->inferred && p->load[PROGRAM_MEASURE]);
		assert_false(quantity(p, QUANTITY_ORIGINS)->known ||
			     quantity(p, QUANTITY_LATENCY)->known ||
			     quantity(p, QUANTITY_CALLERS)->known);
	}
	if (quantity(p, QUANTITY_ORIGINS)->known)
		assert_true(quantity(p, QUANTITY_REFILLS)->known &&
			    quantity(p, QUANTITY_GROWS)->known);
	if (!plan_loads(p))
		assert_string_equal(p->probes, "none");
}

static struct plan make(const struct facts *f)
{
	struct plan p;

	plan_make(f, &p);
	assert_sound(f, &p);
	return p;
}

static void slab_by_fentry(void **state)
{
	struct facts f = slab_kernel();
	struct plan p = make(&f);

	(void)state;
	assert_int_equal(p.era, ERA_SLAB);
	assert_string_equal(p.probes, "fentry");
	assert_int_equal(p.owner, OWNER_PAGE);
	for (int q = 0; q < QUANTITIES; q++)
		if (q != QUANTITY_LIST_MOVES && q != QUANTITY_SLAB_FREES && !quantity(&p, q)->known)
			fail_msg("%s is unknown: %s", plan_quantity_names[q], quantity(&p, q)->why);
	for (int i = 0; i < PROGRAMS; i++)
		assert_false(p.load[i] && (kernel_probe_rows[i].kind == PROBE_KPROBE ||
					   kernel_probe_rows[i].kind == PROBE_KRETPROBE));
}

static void slab_by_kprobe(void **state)
{
	struct facts f = slab_kernel();
	struct plan p;

	(void)state;
	f.fentry = EPERM;
	p = make(&f);
	assert_string_equal(p.probes, "kprobe");
	assert_true(p.load[PROGRAM_REFILL_KPROBE] && p.load[PROGRAM_REFILL_KRETPROBE]);
	assert_true(quantity(&p, QUANTITY_HITS)->known && quantity(&p, QUANTITY_ORIGINS)->known);
	/* The same on request. */
	f = slab_kernel();
	f.limit = ATTACH_KPROBE;
	p = make(&f);
	assert_string_equal(p.probes, "kprobe");
}

/* kprobes watch a function that the trampoline refuses; the others stay. */
static void one_refused(void **state)
{
	struct facts f = slab_kernel();
	struct plan p;

	(void)state;
	f.refused[PROGRAM_GROW_FEXIT] = EBUSY;
	p = make(&f);
	assert_string_equal(p.probes, "fentry");
	assert_true(p.load[PROGRAM_GROW_KPROBE] && !p.load[PROGRAM_GROW_FENTRY]);
	assert_true(quantity(&p, QUANTITY_ORIGINS)->known);
	f.refused[PROGRAM_GROW_KRETPROBE] = EINVAL;
	p = make(&f);
	assert_false(p.load[PROGRAM_GROW_KPROBE]);
	assert_unknown(&p, QUANTITY_GROWS, "cache_grow_begin (EINVAL)");
	assert_unknown(&p, QUANTITY_ORIGINS, "cache_grow_begin (EINVAL)");
	assert_true(quantity(&p, QUANTITY_HITS)->known);
}

static void inlined_functions(void **state)
{
	struct facts f = slab_kernel();
	struct plan p;

	(void)state;
	f.symbol[SYMBOL_CACHE_ALLOC_REFILL] = (struct symbol_facts){.in_btf = true};
	p = make(&f);
	assert_unknown(&p, QUANTITY_REFILLS, "no function cache_alloc_refill");
	assert_unknown(&p, QUANTITY_HITS, "no function cache_alloc_refill");
	assert_unknown(&p, QUANTITY_ORIGINS, "no function cache_alloc_refill");
	assert_true(quantity(&p, QUANTITY_GROWS)->known);
	/* In kallsyms but not in BTF: kprobes. */
	f = slab_kernel();
	f.symbol[SYMBOL_CACHE_ALLOC_REFILL].in_btf = false;
	p = make(&f);
	assert_string_equal(p.probes, "kprobe");
}

static void flushes(void **state)
{
	struct facts f = slab_kernel();
	struct plan p = make(&f);

	(void)state;
	assert_true(p.load[PROGRAM_DESTROY_FENTRY] && !p.load[PROGRAM_FLUSH_FENTRY]);
	f.nodes = 2;
	p = make(&f);
	assert_unknown(&p, QUANTITY_FLUSHES, "several NUMA nodes");
	add_function(&f, SYMBOL_CACHE_FLUSHARRAY);
	p = make(&f);
	assert_true(quantity(&p, QUANTITY_FLUSHES)->known);
	assert_true(p.load[PROGRAM_FLUSH_FENTRY] && !p.load[PROGRAM_DESTROY_FENTRY]);
	f = slab_kernel();
	f.symbol[SYMBOL_CACHE_FREE].address = f.symbol[SYMBOL_CACHE_FREE].end = 0;
	p = make(&f);
	assert_unknown(&p, QUANTITY_FLUSHES, "hidden");
}

/* A recording needs more than the counts: all that exists, by the better way, and nothing else. */
static void recordings(void **state)
{
	struct facts f = slab_kernel();
	struct plan p = make(&f);

	(void)state;
	assert_true(p.load[PROGRAM_LARGE_ALLOC_FEXIT] && !p.load[PROGRAM_STATE]);
	plan_record(&f, &p);
	assert_true(p.load[PROGRAM_COUNT_ALLOC] && p.load[PROGRAM_REFILL_FEXIT]);
	assert_true(p.load[PROGRAM_WALK] && p.load[PROGRAM_STATE]);
	assert_false(p.load[PROGRAM_LARGE_ALLOC_FEXIT] || p.load[PROGRAM_LARGE_FREE_FENTRY]);
	assert_false(p.load[PROGRAM_SLAB_DRAIN_FENTRY] || p.load[PROGRAM_SLAB_GONE_FENTRY]);
	assert_false(quantity(&p, QUANTITY_SLAB_FREES)->known);
	add_function(&f, SYMBOL_DRAIN_ARRAY);
	add_function(&f, SYMBOL_SLAB_DESTROY);
	f.symbol[SYMBOL_SLAB_DESTROY].in_btf = false;
	p = make(&f);
	plan_record(&f, &p);
	assert_true(p.load[PROGRAM_SLAB_DRAIN_FENTRY] && !p.load[PROGRAM_SLAB_DRAIN_KPROBE]);
	assert_true(p.load[PROGRAM_SLAB_GONE_KPROBE] && !p.load[PROGRAM_SLAB_GONE_FENTRY]);
	assert_true(quantity(&p, QUANTITY_SLAB_FREES)->known);
	assert_false(p.load[PROGRAM_SLAB_TUNE_FEXIT] || p.load[PROGRAM_SLAB_TUNE_KPROBE]);
	add_function(&f, SYMBOL_TUNE_CPUCACHE);
	p = make(&f);
	plan_record(&f, &p);
	assert_true(p.load[PROGRAM_SLAB_TUNE_FEXIT] && !p.load[PROGRAM_SLAB_TUNE_KPROBE]);
	f.fentry = EPERM;
	p = make(&f);
	plan_record(&f, &p);
	assert_true(p.load[PROGRAM_SLAB_TUNE_KPROBE] && p.load[PROGRAM_SLAB_TUNE_KRETPROBE]);
	f = hardened_kernel();
	p = make(&f);
	plan_record(&f, &p);
	assert_true(p.load[PROGRAM_COUNT_ALLOC] && p.load[PROGRAM_STATE]);
	for (int i = PROGRAM_SLAB_TUNE_FEXIT; i <= PROGRAM_SHEAF_RCU_KPROBE; i++)
		assert_false(p.load[i]);
	f.raw_tp = EPERM;
	p = make(&f);
	plan_record(&f, &p);
	assert_false(plan_loads(&p));
}

static void tracepoints_only(void **state)
{
	struct facts f = hardened_kernel();
	struct plan p = make(&f);

	(void)state;
	assert_int_equal(p.era, ERA_MIXED);
	assert_string_equal(p.probes, "tracepoint");
	assert_int_equal(p.owner, OWNER_KFUNC);
	assert_true(quantity(&p, QUANTITY_ALLOCS)->known && quantity(&p, QUANTITY_KMALLOC)->known);
	for (int q = QUANTITY_REFILLS; q < QUANTITIES; q++)
		if (q != QUANTITY_CACHED && !quantity(&p, q)->inferred)
			assert_unknown(&p, q, "refuses fentry (EPERM) and has no kprobes");
	assert_true(quantity(&p, QUANTITY_CACHED)->known && p.load[PROGRAM_MEASURE]);
	assert_int_equal(p.cached, CACHED_CPU_SLABS | CACHED_SHEAVES);
	f.slub_cpu_slabs = false;
	p = make(&f);
	assert_int_equal(p.era, ERA_SHEAVES);
}

/* Refills are inferred where the slow path cannot be watched but CPU caches can be looked at. */
static void inferred_refills(void **state)
{
	static const enum quantity all[] = {QUANTITY_REFILLS, QUANTITY_HITS, QUANTITY_BYPASSES};
	struct facts f = hardened_kernel();
	struct plan p = make(&f);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_true(quantity(&p, all[i])->known && quantity(&p, all[i])->inferred);
	assert_int_equal(p.infer, CACHED_CPU_SLABS | CACHED_SHEAVES);
	f.slub_sheaves = false;
	p = make(&f);
	assert_int_equal(p.infer, CACHED_CPU_SLABS);
	/* Tasks preempt each other between an allocation and its tracepoint. */
	f.preempt_rt = true;
	p = make(&f);
	for (size_t i = 0; i < 3; i++) {
		assert_unknown(&p, all[i], "refuses fentry (EPERM) and has no kprobes");
		assert_unknown(&p, all[i], "with PREEMPT_RT it is not inferred");
	}
	f.slub_cpu_slabs = false;
	f.slub_sheaves = true;
	p = make(&f);
	assert_int_equal(p.infer, CACHED_SHEAVES);
	/* The place of CPU caches is unknown. */
	f.refused[PROGRAM_MEASURE] = EINVAL;
	p = make(&f);
	assert_unknown(&p, QUANTITY_HITS, "refuses fentry");
	/* No inference is proved for SLAB. */
	f = slab_kernel();
	f.limit = ATTACH_TRACEPOINT;
	p = make(&f);
	assert_int_equal(p.infer, 0);
	assert_unknown(&p, QUANTITY_REFILLS, "SLABSCOPE_ATTACH=tracepoint");
	/* Quantities from functions are never inferred; bypasses without one are. */
	f = sheaves_7_3();
	p = make(&f);
	assert_int_equal(p.infer, 0);
	f.symbol[SYMBOL_REPLACE_EMPTY_MAIN] = (struct symbol_facts){0};
	p = make(&f);
	assert_true(quantity(&p, QUANTITY_REFILLS)->inferred);
	assert_false(quantity(&p, QUANTITY_BYPASSES)->inferred);
}

/* Quantities that were turned off for their cost are not inferred. */
static void inferences_are_shed(void **state)
{
	struct facts f = hardened_kernel();
	struct plan p = make(&f);

	(void)state;
	assert_int_equal(plan_shed_next(&p, SHED_NOTHING, false, 5, 1), SHED_KMALLOC);
	assert_true(quantity(&p, QUANTITY_REFILLS)->inferred && p.infer);
	assert_int_equal(plan_shed_next(&p, SHED_KMALLOC, false, 5, 1), SHED_SLOW_PATH);
	assert_int_equal(p.infer, 0);
	assert_unknown(&p, QUANTITY_REFILLS, "--max-overhead 1");
	assert_false(quantity(&p, QUANTITY_HITS)->inferred);
	assert_true(quantity(&p, QUANTITY_ALLOCS)->known && p.load[PROGRAM_COUNT_ALLOC]);
}

static void slub_kernels(void **state)
{
	static const struct {
		struct facts (*facts)(void);
		enum era era;
		uint32_t owner;
		enum program refill; /* by fentry */
	} row[] = {
		{slub_6_1, ERA_SLUB, OWNER_PAGE, PROGRAM_SLUB_REFILL_FEXIT},
		{slub_6_12, ERA_SLUB, OWNER_PAGE, PROGRAM_SLUB_REFILL_FEXIT},
		{slub_6_17, ERA_SLUB, OWNER_KFUNC, PROGRAM_SLUB_REFILL_FEXIT},
		{mixed_6_18, ERA_MIXED, OWNER_KFUNC, PROGRAM_SLUB_REFILL_FEXIT},
		{sheaves_7_0, ERA_SHEAVES, OWNER_KFUNC, PROGRAM_SHEAF_REFILL_FEXIT},
		{sheaves_7_3, ERA_SHEAVES, OWNER_KFUNC, PROGRAM_SHEAF_REFILL_FEXIT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct facts f = row[i].facts();
		struct plan p = make(&f);

		assert_int_equal(p.era, row[i].era);
		assert_int_equal(p.owner, row[i].owner);
		assert_string_equal(p.probes, "fentry");
		assert_true(p.load[row[i].refill]);
		assert_int_equal(p.load[PROGRAM_SHEAF_REFILL_FEXIT], f.slub_sheaves);
		assert_false(p.load[PROGRAM_REFILL_FEXIT]);
		for (int q = 0; q < QUANTITIES; q++)
			if (q != QUANTITY_LIST_MOVES && !quantity(&p, q)->known)
				fail_msg("%zu: %s is unknown: %s", i, plan_quantity_names[q],
					 quantity(&p, q)->why);
		f.fentry = EPERM;
		p = make(&f);
		assert_int_equal(quantity(&p, QUANTITY_REFILLS)->inferred, p.era == ERA_MIXED);
		assert_int_equal(quantity(&p, QUANTITY_HITS)->inferred, p.era == ERA_MIXED);
	}
}

/* A kretprobe does not see which node a partial slab is from; one node has one list. */
static void partial_slabs_of_nodes(void **state)
{
	struct facts f = slub_6_1();
	struct plan p;

	(void)state;
	f.nodes = 1;
	p = make(&f);
	assert_true(p.load[PROGRAM_SLUB_PARTIAL_KRETPROBE]);
	assert_false(p.load[PROGRAM_SLUB_PARTIAL_KPROBE]);
	f.nodes = 2;
	p = make(&f);
	assert_true(p.load[PROGRAM_SLUB_PARTIAL_KRETPROBE]);
	assert_true(p.load[PROGRAM_SLUB_PARTIAL_KPROBE]);
	f = mixed_6_18();
	f.nodes = 2;
	p = make(&f);
	assert_true(p.load[PROGRAM_SLUB_PARTIAL_FEXIT]);
	assert_false(p.load[PROGRAM_SLUB_PARTIAL_KPROBE]);
}

/* What remains known of refills without the functions that they call. */
static void slub_refusals(void **state)
{
	struct facts f = sheaves_7_3();
	struct plan p;

	(void)state;
	f.symbol[SYMBOL_REPLACE_EMPTY_MAIN] = (struct symbol_facts){0};
	p = make(&f);
	assert_unknown(&p, QUANTITY_LATENCY, "no function __pcs_replace_empty_main");
	assert_true(quantity(&p, QUANTITY_REFILLS)->inferred);
	assert_true(quantity(&p, QUANTITY_GROWS)->known && quantity(&p, QUANTITY_FLUSHES)->known);
	f = slub_6_1();
	f.symbol[SYMBOL_ALLOCATE_SLAB] = (struct symbol_facts){0};
	p = make(&f);
	assert_unknown(&p, QUANTITY_GROWS, "no function allocate_slab");
	assert_unknown(&p, QUANTITY_ORIGINS, "no function allocate_slab");
	assert_true(quantity(&p, QUANTITY_LATENCY)->known);
	assert_false(quantity(&p, QUANTITY_REFILLS)->inferred);
	f = slub_6_1();
	f.kprobe = ENODEV;
	p = make(&f);
	assert_unknown(&p, QUANTITY_ORIGINS, "no type of get_partial_node.part.0");
	assert_true(quantity(&p, QUANTITY_HITS)->known);
}

/* Functions take programs that never run: the next means, and the reason. */
static void programs_that_never_run(void **state)
{
	struct facts f = slab_kernel();
	struct plan p = make(&f);

	(void)state;
	assert_true(p.load[PROGRAM_PROOF_FENTRY]);
	assert_false(p.load[PROGRAM_PROOF_KPROBE]);
	f.fentry = FACTS_NEVER_RUNS;
	p = make(&f);
	assert_string_equal(p.probes, "kprobe");
	assert_true(quantity(&p, QUANTITY_HITS)->known);
	assert_true(p.load[PROGRAM_PROOF_KPROBE]);
	assert_false(p.load[PROGRAM_PROOF_FENTRY]);
	f.kprobe = FACTS_NEVER_RUNS;
	p = make(&f);
	assert_string_equal(p.probes, "tracepoint");
	assert_false(p.load[PROGRAM_PROOF_FENTRY] || p.load[PROGRAM_PROOF_KPROBE]);
	assert_unknown(&p, QUANTITY_HITS, "attaches fentry but never runs it and attaches kprobes");
	assert_unknown(&p, QUANTITY_REFILLS, "attaches kprobes but never runs them");
	assert_non_null(strstr(quantity(&p, QUANTITY_REFILLS)->remedy, "kernel.ftrace_enabled=1"));
	f = slub_6_12();
	f.fentry = f.kprobe = FACTS_NEVER_RUNS;
	p = make(&f);
	assert_true(quantity(&p, QUANTITY_REFILLS)->inferred);
	assert_unknown(&p, QUANTITY_LATENCY, "never runs");
	f.ftrace_off = true;
	p = make(&f);
	assert_true(quantity(&p, QUANTITY_REFILLS)->inferred);
	assert_unknown(&p, QUANTITY_LATENCY, "kernel.ftrace_enabled is 0");
	assert_non_null(strstr(quantity(&p, QUANTITY_LATENCY)->remedy, "kernel.ftrace_enabled=1"));
	/* Parts of functions have kprobes only. */
	f = slub_6_12();
	f.kprobe = FACTS_NEVER_RUNS;
	p = make(&f);
	assert_true(quantity(&p, QUANTITY_HITS)->known);
	assert_unknown(&p, QUANTITY_ORIGINS, "attaches kprobes but never runs them");
	assert_non_null(strstr(quantity(&p, QUANTITY_ORIGINS)->remedy, "kprobes/enabled"));
	/* Only fentry sees which cache it is. */
	f = mixed_6_18();
	f.fentry = FACTS_NEVER_RUNS;
	memset(f.refused, 0, sizeof(f.refused));
	p = make(&f);
	assert_true(quantity(&p, QUANTITY_REFILLS)->inferred);
	assert_unknown(&p, QUANTITY_LATENCY, "never runs it, and no kprobe shows enough");
}

/* A kernel may stop running programs at any time. */
static void programs_that_run_no_more(void **state)
{
	struct facts f = slab_kernel();
	struct plan p = make(&f);

	(void)state;
	plan_shed_functions(&p);
	assert_sound(&f, &p);
	for (int q = QUANTITY_LARGE; q < QUANTITIES; q++)
		if (q != QUANTITY_FAILED && q != QUANTITY_CACHED && q != QUANTITY_LIST_MOVES &&
		    q != QUANTITY_SLAB_FREES)
			assert_unknown(&p, q, "has stopped running programs");
	assert_true(quantity(&p, QUANTITY_ALLOCS)->known && quantity(&p, QUANTITY_CACHED)->known);
	assert_string_equal(p.probes, "tracepoint");
	for (int i = 0; i < PROGRAMS; i++)
		if (p.load[i])
			assert_true(kernel_probe_rows[i].kind == PROBE_RAW_TP ||
				    kernel_probe_rows[i].kind == PROBE_CALL);
	f = hardened_kernel();
	p = make(&f);
	plan_shed_functions(&p);
	assert_sound(&f, &p);
	assert_true(quantity(&p, QUANTITY_REFILLS)->inferred);
}

static void kmalloc_without_owner(void **state)
{
	struct facts f = hardened_kernel();
	struct plan p;

	(void)state;
	memset(&f.symbol[SYMBOL_GET_KMEM_CACHE], 0, sizeof(f.symbol[0]));
	p = make(&f);
	assert_int_equal(p.owner, OWNER_NONE);
	assert_unknown(&p, QUANTITY_KMALLOC, "gives no cache");
	assert_false(p.load[PROGRAM_COUNT_KMALLOC] || p.load[PROGRAM_COUNT_KFREE]);
	assert_true(quantity(&p, QUANTITY_ALLOCS)->known);
	/* A hidden address of the memory map counts as none. */
	f = slab_kernel();
	f.symbol[SYMBOL_VMEMMAP_BASE].address = 0;
	p = make(&f);
	assert_int_equal(p.owner, OWNER_NONE);
}

static void nothing_allowed(void **state)
{
	struct facts f = slab_kernel();
	struct plan p;

	(void)state;
	f.raw_tp = f.tp_btf = f.fentry = f.kprobe = EPERM;
	f.slabinfo = EACCES;
	p = make(&f);
	assert_false(plan_loads(&p));
	for (int q = 0; q < QUANTITIES; q++) {
		assert_unknown(&p, q, q == QUANTITY_SIZES ? "not readable" : "privileges (EPERM)");
		assert_non_null(strstr(quantity(&p, q)->remedy, "root"));
	}
	/* Root may lack privileges, too. */
	f.root = true;
	p = make(&f);
	for (int q = 0; q < QUANTITIES; q++) {
		assert_null(strstr(quantity(&p, q)->remedy, "run as root"));
		assert_non_null(strstr(quantity(&p, q)->remedy, "give it CAP_"));
	}
	f = slab_kernel();
	f.limit = ATTACH_NONE;
	p = make(&f);
	assert_false(plan_loads(&p));
	assert_true(quantity(&p, QUANTITY_SIZES)->known);
	assert_unknown(&p, QUANTITY_ALLOCS, "SLABSCOPE_ATTACH=none");
	f.limit = ATTACH_TRACEPOINT;
	p = make(&f);
	assert_true(quantity(&p, QUANTITY_ALLOCS)->known);
	assert_unknown(&p, QUANTITY_REFILLS, "SLABSCOPE_ATTACH=tracepoint");
}

static void no_types(void **state)
{
	struct facts f = {.cpus = 2, .nodes = 1, .btf = ENOENT, .tp_btf = ENOENT, .fentry = ENOENT};
	struct plan p = make(&f);

	(void)state;
	assert_false(plan_loads(&p));
	assert_int_equal(p.era, ERA_UNKNOWN);
	assert_unknown(&p, QUANTITY_ALLOCS, "/sys/kernel/btf/vmlinux, ENOENT");
	assert_unknown(&p, QUANTITY_REFILLS, "/sys/kernel/btf/vmlinux, ENOENT");
	assert_non_null(strstr(quantity(&p, QUANTITY_ALLOCS)->remedy, "CONFIG_DEBUG_INFO_BTF"));
}

/* Before 6.1 the tracepoints passed sizes and names. */
static void old_tracepoints(void **state)
{
	struct facts f = slab_kernel();
	struct plan p;

	(void)state;
	f.alloc_has_cache = f.free_has_cache = false;
	p = make(&f);
	assert_unknown(&p, QUANTITY_ALLOCS, "does not give the cache");
	assert_unknown(&p, QUANTITY_HITS, "does not give the cache");
	assert_true(quantity(&p, QUANTITY_REFILLS)->known);
}

static uint64_t seed = 7;

static bool toss(unsigned one_in)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % one_in == 0;
}

static int some_error(unsigned one_in)
{
	static const int errors[] = {EPERM, ENOENT, EINVAL, EBUSY, ENODEV, EACCES};

	return toss(one_in) ? errors[(seed >> 50) % 6] : 0;
}

static void any_facts(void **state)
{
	int with_refills = 0, without = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct facts f = toss(4) ? hardened_kernel() : slab_kernel();
		struct plan p;

		f.limit = toss(4) ? (seed >> 40) % 4 : ATTACH_ANY;
		f.btf = some_error(10);
		f.kallsyms = some_error(10);
		f.raw_tp = some_error(10);
		f.fentry = some_error(3);
		f.kprobe = some_error(3);
		f.slabinfo = some_error(5);
		f.nodes = 1 + toss(3);
		f.alloc_has_cache = !toss(8);
		f.free_has_cache = !toss(8);
		f.page_slab_flag = !toss(8);
		f.slab_arrays = f.slab_arrays && !toss(20);
		for (int symbol = 1; symbol < SYMBOLS; symbol++) {
			f.symbol[symbol].present &= !toss(10);
			f.symbol[symbol].in_btf &= !toss(10);
		}
		for (int program = 0; program < PROGRAMS; program++)
			f.refused[program] = some_error(15);
		p = make(&f);
		if (quantity(&p, QUANTITY_REFILLS)->known)
			with_refills++;
		else
			without++;
	}
	assert_true(with_refills > 1000 && without > 1000);
}

static void slub_tiny_says_that_it_has_no_cpu_caches(void **state)
{
	struct facts f = slub_6_12();
	struct plan p;

	(void)state;
	f.slub_tiny = true;
	f.slub_cpu_slabs = false;
	plan_make(&f, &p);
	assert_int_equal(p.era, ERA_TINY);
	assert_string_equal(era_rows[p.era].name, "slub");
	assert_true(p.quantity[QUANTITY_ALLOCS].known);
	for (int q = QUANTITY_REFILLS; q < QUANTITIES; q++) {
		assert_false(p.quantity[q].known);
		assert_non_null(strstr(p.quantity[q].why, "CONFIG_SLUB_TINY"));
	}
	assert_non_null(strstr(era_rows[p.era].text, "SLUB_TINY"));
}

static void what_is_peculiar_is_said(void **state)
{
	struct facts f = slub_6_12();
	struct remark r;

	(void)state;
	assert_false(facts_remark(&f, 0, &r));
	f.debugged_caches = 7;
	assert_true(facts_remark(&f, 0, &r));
	assert_non_null(strstr(r.what, "7 caches (slab_debug)"));
	assert_false(facts_remark(&f, 1, &r));
	f.preempt_rt = true;
	assert_true(facts_remark(&f, 0, &r));
	assert_non_null(strstr(r.what, "PREEMPT_RT"));
	assert_true(facts_remark(&f, 1, &r));
	assert_non_null(strstr(r.what, "slab_debug"));
	assert_false(facts_remark(&f, 2, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slub_tiny_says_that_it_has_no_cpu_caches),
		cmocka_unit_test(what_is_peculiar_is_said),
		cmocka_unit_test(slab_by_fentry),
		cmocka_unit_test(slab_by_kprobe),
		cmocka_unit_test(one_refused),
		cmocka_unit_test(inlined_functions),
		cmocka_unit_test(flushes),
		cmocka_unit_test(recordings),
		cmocka_unit_test(tracepoints_only),
		cmocka_unit_test(nothing_allowed),
		cmocka_unit_test(kmalloc_without_owner),
		cmocka_unit_test(no_types),
		cmocka_unit_test(old_tracepoints),
		cmocka_unit_test(any_facts),
		cmocka_unit_test(slub_kernels),
		cmocka_unit_test(inferred_refills),
		cmocka_unit_test(inferences_are_shed),
		cmocka_unit_test(slub_refusals),
		cmocka_unit_test(programs_that_never_run),
		cmocka_unit_test(programs_that_run_no_more),
		cmocka_unit_test(partial_slabs_of_nodes),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
