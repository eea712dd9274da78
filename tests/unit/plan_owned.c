// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * plan_owned.c: plans for kernels up to 6.0, whose tracepoints and BPF programs lack what later
 * ones have: 5.10, and the same with something removed or added.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "../../bpf/events.h"
#include "kernel/facts_json.h"
#include "kernel/plan.h"
#include "kernel/plan_shed.h"

#include <cmocka.h> /* last: it has a macro fail() */

static void add_function(struct facts *f, enum symbol symbol)
{
	f->symbol[symbol] = (struct symbol_facts){.present = true,
						  .in_btf = true,
						  .address = 1,
						  .params = kernel_symbol_params[symbol]};
}

/* 5.10: what was recorded on 6.1, and how 5.10 differs. */
static struct facts old_kernel(void)
{
	struct facts facts;
	json_t *text = json_load_file("tests/unit/facts/debian-6.1.json", 0, NULL);

	assert_non_null(text);
	assert_int_equal(facts_json_read(text, &facts), 0);
	json_decref(text);
	facts.alloc_has_cache = facts.free_has_cache = false;
	facts.split_tracepoints = facts.few_helpers = facts.programs_nest = true;
	facts.alloc_params = 5;
	add_function(&facts, SYMBOL_KMEM_CACHE_FREE);
	add_function(&facts, SYMBOL_PER_CPU_OFFSET);
	for (int i = 0; i < SYMBOLS; i++)
		facts.symbol[i].params = kernel_symbol_params[i];
	facts.symbol[SYMBOL_KFENCE_ALLOC] = facts.symbol[SYMBOL_KMALLOC_LARGE] =
		facts.symbol[SYMBOL_FREE_LARGE] = (struct symbol_facts){0};
	return facts;
}

static struct plan make(const struct facts *f)
{
	struct plan p;

	plan_make(f, &p);
	return p;
}

static void assert_unknown(const struct plan *p, enum quantity q, const char *why)
{
	if (p->quantity[q].known || !strstr(p->quantity[q].why, why))
		fail_msg("%s: \"%s\"%s", plan_quantity_names[q], p->quantity[q].why,
			 p->quantity[q].how);
}

static void all_that_it_has(void **state)
{
	struct facts f = old_kernel();
	struct plan p = make(&f);

	(void)state;
	assert_true(f.split_tracepoints && f.few_helpers && f.programs_nest && !f.fexit_unsafe);
	assert_int_equal(p.owner, OWNER_PAGE);
	assert_string_equal(p.probes, "fentry");
	assert_true(p.load[PROGRAM_OWNED_ALLOC] && p.load[PROGRAM_OWNED_ALLOC_NODE]);
	assert_true(p.load[PROGRAM_OWNED_KMALLOC] && p.load[PROGRAM_OWNED_KMALLOC_NODE]);
	assert_true(p.load[PROGRAM_OWNED_KFREE] && p.load[PROGRAM_OWNED_FREE_FENTRY]);
	assert_false(p.load[PROGRAM_COUNT_ALLOC] || p.load[PROGRAM_COUNT_KFREE]);
	for (int q = 0; q < QUANTITIES; q++)
		assert_int_equal(p.quantity[q].known,
				 q != QUANTITY_FAILED && q != QUANTITY_LIST_MOVES);
	assert_unknown(&p, QUANTITY_FAILED, "a failed allocation has no object");
}

/* Where a program may run within itself nothing is missed, and a second one would count twice. */
static void stand_ins_only_where_events_are_missed(void **state)
{
	struct facts f = old_kernel();
	struct plan p = make(&f);

	(void)state;
	assert_false(p.load[PROGRAM_LATE_SLUB_GROW] || p.load[PROGRAM_LATE_SLUB_FREE]);
	f.programs_nest = false; /* 5.12 */
	p = make(&f);
	assert_true(p.load[PROGRAM_LATE_SLUB_GROW] && p.load[PROGRAM_LATE_SLUB_FREE]);
}

/* An fexit program would read something else than the result. */
static void results_are_found_or_not_read(void **state)
{
	struct facts f = old_kernel();
	struct plan p;

	(void)state;
	f.symbol[SYMBOL_SLAB_ALLOC].params++;
	p = make(&f);
	assert_false(p.load[PROGRAM_SLUB_REFILL_FEXIT]);
	assert_true(p.load[PROGRAM_SLUB_REFILL_KRETPROBE]);
	f.few_helpers = false; /* a helper finds it */
	p = make(&f);
	assert_true(p.load[PROGRAM_SLUB_REFILL_FEXIT]);
}

/* A kernel that frees a trampoline under a task that sleeps in it. */
static void watching_never_harms(void **state)
{
	struct facts f = old_kernel();
	struct plan p;

	(void)state;
	f.fexit_unsafe = true;
	p = make(&f);
	for (int i = 0; i < PROGRAMS; i++)
		assert_false(p.load[i] && kernel_probe_rows[i].kind == PROBE_FEXIT);
	assert_true(p.load[PROGRAM_SLUB_REFILL_KRETPROBE] && p.load[PROGRAM_OWNED_FREE_FENTRY]);
	assert_string_equal(p.probes, "kprobe");
	assert_true(p.quantity[QUANTITY_HITS].known);
}

static void nothing_is_tried_on_slab(void **state)
{
	struct facts f = old_kernel();
	struct plan p;

	(void)state;
	f.slub_cpu_slabs = false;
	f.slab_arrays = true;
	p = make(&f);
	assert_false(plan_loads(&p));
	for (int q = QUANTITY_ALLOCS; q < QUANTITIES; q++)
		assert_unknown(&p, q, "may hang a kernel before 5.19 with CONFIG_SLAB");
}

static void hidden_addresses(void **state)
{
	struct facts f = old_kernel();
	struct plan p;

	(void)state;
	for (int i = 0; i < SYMBOLS; i++)
		f.symbol[i].address = f.symbol[i].end = 0;
	p = make(&f);
	assert_unknown(&p, QUANTITY_ALLOCS, "where the memory map stands is hidden");
	assert_unknown(&p, QUANTITY_FREES, "where the memory map stands is hidden");
	assert_unknown(&p, QUANTITY_HITS, "where the memory map stands is hidden");
	assert_true(p.quantity[QUANTITY_REFILLS].known);
	f = old_kernel();
	f.symbol[SYMBOL_PER_CPU_OFFSET].address = 0;
	p = make(&f);
	assert_unknown(&p, QUANTITY_CACHED, "__per_cpu_offset");
	assert_true(p.quantity[QUANTITY_HITS].known);
}

static void tracepoints_only(void **state)
{
	struct facts f = old_kernel();
	struct plan p;

	(void)state;
	f.limit = ATTACH_TRACEPOINT;
	p = make(&f);
	assert_true(p.quantity[QUANTITY_ALLOCS].known && p.quantity[QUANTITY_KMALLOC].known);
	assert_unknown(&p, QUANTITY_FREES, "fires after the free");
	assert_unknown(&p, QUANTITY_REFILLS, "SLABSCOPE_ATTACH=tracepoint");
	assert_false(p.infer);
}

/* 5.19 and 6.0: all helpers are there, tracepoints are split. */
static void split_only(void **state)
{
	struct facts f = old_kernel();
	struct plan p;

	(void)state;
	f.few_helpers = f.programs_nest = false;
	f.alloc_has_cache = true;
	f.alloc_params = 6;
	p = make(&f);
	assert_true(p.load[PROGRAM_OWNED_ALLOC_NODE] && !p.load[PROGRAM_COUNT_ALLOC]);
	assert_true(p.quantity[QUANTITY_HITS].known);
}

static void what_is_turned_off(void **state)
{
	struct facts f = old_kernel();
	struct plan p = make(&f);

	(void)state;
	assert_int_equal(plan_shed_next(&p, SHED_CALLERS, false, 9, 3), SHED_KMALLOC);
	assert_false(p.load[PROGRAM_OWNED_KMALLOC] || p.load[PROGRAM_OWNED_KMALLOC_NODE] ||
		     p.load[PROGRAM_OWNED_KFREE]);
	assert_true(p.load[PROGRAM_OWNED_ALLOC] && p.quantity[QUANTITY_FREES].known);
	assert_false(p.quantity[QUANTITY_LARGE].known);
	p = make(&f);
	plan_shed_functions(&p);
	assert_false(p.load[PROGRAM_OWNED_FREE_FENTRY] || p.quantity[QUANTITY_FREES].known);
	assert_true(p.load[PROGRAM_OWNED_KMALLOC] && p.quantity[QUANTITY_LARGE].known);
	assert_true(p.quantity[QUANTITY_ALLOCS].known && !p.quantity[QUANTITY_HITS].known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_it_has),
		cmocka_unit_test(stand_ins_only_where_events_are_missed),
		cmocka_unit_test(results_are_found_or_not_read),
		cmocka_unit_test(watching_never_harms),
		cmocka_unit_test(nothing_is_tried_on_slab),
		cmocka_unit_test(hidden_addresses),
		cmocka_unit_test(tracepoints_only),
		cmocka_unit_test(split_only),
		cmocka_unit_test(what_is_turned_off),
	};

	return cmocka_run_group_tests_name("plan_owned", tests, NULL, NULL);
}
