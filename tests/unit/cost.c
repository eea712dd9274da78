// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * kernel_cost.c and plan_shed.c: the cost of the programs, and what is turned off when it is too
 * high.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "kernel/kernel_cost.h" /* before cmocka, which has a macro fail() */
#include "kernel/plan_leave_out.h"
#include "kernel/plan_shed.h"
#include "model/snapshot.h"

#include <cmocka.h>

static void a_sample_tells_time_and_share(void **state)
{
	const struct kernel_runs began = {.events = 1000, .ns = 50000};
	const struct kernel_runs same = began, now = {.events = 3000, .ns = 250000};
	const struct kernel_runs back = {.events = 3000, .ns = 40000};
	struct kernel_cost c = {.stats = -1};

	(void)state;
	assert_false(kernel_cost_take(&c, &began, &same, 50000000)); /* there were no events */
	assert_false(kernel_cost_take(&c, &began, &back, 50000000));
	assert_false(kernel_cost_take(&c, &began, &now, 0));
	assert_false(c.known);
	assert_true(kernel_cost_take(&c, &began, &now, 50000000));
	assert_true(c.known);
	assert_true(c.ns_per_event > 99.99 && c.ns_per_event < 100.01);
	assert_true(c.cpu_percent > 0.3999 && c.cpu_percent < 0.4001);
	assert_false(kernel_cost_take(&c, &began, &same, 50000000)); /* the last result stays */
	assert_true(c.known);
}

/* Returns a plan that knows every quantity and loads every program. */
static struct plan whole(void)
{
	struct plan p = {.era = ERA_SLUB, .owner = OWNER_PAGE};

	for (int i = 0; i < PROGRAMS; i++)
		p.load[i] = true;
	for (int q = 0; q < QUANTITIES; q++)
		p.quantity[q].known = true;
	return p;
}

static void assert_given_up(const struct plan *p, enum quantity q, bool given_up)
{
	assert_int_equal(p->quantity[q].known, !given_up);
	if (!given_up)
		return;
	assert_non_null(strstr(p->quantity[q].why, "3.2 %"));
	assert_non_null(strstr(p->quantity[q].why, "--max-overhead 0.5"));
	assert_true(p->quantity[q].remedy[0]);
}

static void the_dearest_goes_first(void **state)
{
	struct plan p = whole();
	enum shed level = SHED_NOTHING;

	(void)state;
	level = plan_shed_next(&p, level, true, 3.2, 0.5);
	assert_int_equal(level, SHED_CALLERS);
	assert_given_up(&p, QUANTITY_CALLERS, true);
	assert_given_up(&p, QUANTITY_KMALLOC, false);
	assert_true(p.load[PROGRAM_COUNT_KMALLOC]);

	level = plan_shed_next(&p, level, true, 3.2, 0.5);
	assert_int_equal(level, SHED_KMALLOC);
	assert_given_up(&p, QUANTITY_KMALLOC, true);
	assert_given_up(&p, QUANTITY_REFILLS, false);
	assert_int_equal(p.owner, OWNER_NONE);
	assert_false(p.load[PROGRAM_COUNT_KMALLOC] || p.load[PROGRAM_COUNT_KFREE] ||
		     p.load[PROGRAM_LATE_KMALLOC] || p.load[PROGRAM_LATE_KFREE]);
	assert_true(p.load[PROGRAM_SLUB_REFILL_FENTRY]);

	level = plan_shed_next(&p, level, true, 3.2, 0.5);
	assert_int_equal(level, SHED_SLOW_PATH);
	for (int q = QUANTITY_REFILLS; q < QUANTITIES; q++)
		if (q != QUANTITY_CACHED)
			assert_given_up(&p, q, true);
	assert_given_up(&p, QUANTITY_CACHED, false); /* it costs no time in an event */
	assert_given_up(&p, QUANTITY_ALLOCS, false);
	for (int i = PROGRAM_REFILL_FENTRY; i < PROGRAM_SLOW_PATH_END; i++)
		assert_false(p.load[i]);
	assert_true(p.load[PROGRAM_COUNT_ALLOC] && p.load[PROGRAM_LOOK]);

	level = plan_shed_next(&p, level, true, 3.2, 0.5);
	assert_int_equal(level, SHED_ALLOCATIONS);
	assert_given_up(&p, QUANTITY_ALLOCS, true);
	assert_given_up(&p, QUANTITY_FREES, true);
	assert_given_up(&p, QUANTITY_SIZES, false);
	for (int i = 0; i < PROGRAM_LOOK; i++)
		assert_false(p.load[i]);
	assert_int_equal(plan_shed_next(&p, level, true, 3.2, 0.5), SHED_ALLOCATIONS);
}

/* A level without anything to turn off is skipped. */
static void what_is_not_there_is_passed_over(void **state)
{
	struct plan p = whole();

	(void)state;
	assert_int_equal(plan_shed_next(&p, SHED_NOTHING, false, 3.2, 0.5), SHED_KMALLOC);
	p = whole();
	p.quantity[QUANTITY_KMALLOC].known = false;
	strcpy(p.quantity[QUANTITY_KMALLOC].why, "its own reason");
	for (int q = QUANTITY_REFILLS; q < QUANTITIES; q++)
		p.quantity[q].known = false;
	assert_int_equal(plan_shed_next(&p, SHED_NOTHING, true, 3.2, 0.5), SHED_ALLOCATIONS);
	assert_string_equal(p.quantity[QUANTITY_KMALLOC].why, "its own reason");
}

#define SECOND 1000000000ull

/* Samples of the same load, and of a tenth of it. */
static void a_level_comes_back_when_the_load_has_fallen(void **state)
{
	struct plan base = whole(), p = base;
	struct shedding s = {.level = SHED_NOTHING};

	(void)state;
	assert_false(shedding_off(&s, &p, false, 0.4, 0.5, 1 * SECOND));
	assert_true(shedding_off(&s, &p, false, 3.2, 0.5, 1 * SECOND));
	assert_true(shedding_off(&s, &p, false, 1.6, 0.5, 2 * SECOND));
	assert_int_equal(s.level, SHED_SLOW_PATH);
	assert_false(shedding_off(&s, &p, false, 0.4, 0.5, 3 * SECOND));

	/* Not as long as all would cost 1.6 % again, nor too early, nor just below the limit. */
	assert_false(shedding_on(&s, 0.4, 0.5, 3 * SECOND));
	assert_false(shedding_on(&s, 0.4, 0.5, 61 * SECOND));
	assert_false(shedding_on(&s, 0.04, 0.5, 11 * SECOND));
	assert_false(shedding_on(&s, 0.1, 0.5, 50 * SECOND)); /* 0.4 %, of 0.5 */
	assert_true(shedding_on(&s, 0.04, 0.5, 51 * SECOND));
	assert_int_equal(s.level, SHED_KMALLOC);
	p = base;
	shedding_apply(&s, &p, 0.5);
	assert_true(p.quantity[QUANTITY_REFILLS].known && p.load[PROGRAM_SLUB_REFILL_FENTRY]);
	assert_false(p.quantity[QUANTITY_KMALLOC].known || p.load[PROGRAM_COUNT_KMALLOC]);
	assert_non_null(strstr(p.quantity[QUANTITY_KMALLOC].why, "3.2 %"));

	/* The other one had a sample with the slow path only. */
	assert_false(shedding_on(&s, 0.16, 0.5, 52 * SECOND));
	/* What is still on may cost more than it did, under a load of another kind: a try tells. */
	assert_false(shedding_on(&s, 0.4, 0.5, 60 * SECOND));
	assert_true(shedding_on(&s, 0.4, 0.5, 61 * SECOND));
	assert_int_equal(s.level, SHED_NOTHING);
	p = base;
	shedding_apply(&s, &p, 0.5);
	assert_memory_equal(&p, &base, sizeof(p));
	assert_false(shedding_on(&s, 0.01, 0.5, 1000 * SECOND));
}

/* Without any program there is no sample: only a try tells. */
static void a_try_that_fails_waits_longer(void **state)
{
	struct plan p = whole();
	struct shedding s = {.level = SHED_NOTHING};
	uint64_t now = SECOND, waited, last = 0;

	(void)state;
	while (s.level != SHED_ALLOCATIONS)
		assert_true(shedding_off(&s, &p, true, 3.2, 0.5, now));
	assert_false(shedding_off(&s, &p, true, 3.2, 0.5, now));
	for (int i = 0; i < 10; i++) {
		for (waited = 0; !shedding_on(&s, 0, 0.5, now + waited); waited += SECOND)
			assert_true(waited < 1000 * SECOND);
		assert_true(waited >= last && waited <= 320 * SECOND);
		assert_true(waited > last || last == 320 * SECOND);
		last = waited;
		now += waited + SECOND;
		p = whole();
		shedding_apply(&s, &p, 0.5);
		assert_true(shedding_off(&s, &p, true, 3.2, 0.5, now));
		assert_int_equal(s.level, SHED_ALLOCATIONS);
	}
	/* One that held for long begins anew. */
	assert_true(shedding_on(&s, 0, 0.5, now + last));
	p = whole();
	shedding_apply(&s, &p, 0.5);
	now += 1000 * SECOND;
	assert_true(shedding_off(&s, &p, true, 3.2, 0.5, now));
	assert_true(shedding_on(&s, 0, 0.5, now + 10 * SECOND));
}

/* What nothing shows has no program; what something shows has all that it had. */
static void what_nothing_shows_is_left_out(void **state)
{
	const uint32_t frees = COUNT_BIT(COUNT_FREES), flushes = COUNT_BIT(COUNT_FLUSHES);
	struct plan p = whole(), base = whole();

	(void)state;
	assert_int_equal(plan_leave_out(&p, 0), 0);
	assert_memory_equal(&p, &base, sizeof(p));
	assert_int_equal(plan_leave_out(&p, COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_HITS)), 0);
	assert_memory_equal(&p, &base, sizeof(p));

	assert_int_equal(plan_leave_out(&p, frees), frees);
	assert_false(p.load[PROGRAM_COUNT_FREE] || p.load[PROGRAM_LATE_FREE] ||
		     p.load[PROGRAM_COUNT_KFREE] || p.load[PROGRAM_LATE_KFREE]);
	assert_true(p.load[PROGRAM_COUNT_ALLOC] && p.load[PROGRAM_SHEAF_FLUSH_FENTRY]);
	assert_true(p.quantity[QUANTITY_FREES].known);
	assert_int_equal(plan_leave_out(&p, frees | flushes), frees | flushes);
	for (int i = 0; i < PROGRAMS; i++)
		if (strstr(kernel_probe_rows[i].name, "flush"))
			assert_false(p.load[i]);
	assert_true(p.load[PROGRAM_SHEAF_REFILL_FENTRY] && p.load[PROGRAM_SLUB_FREE_FENTRY]);

	/* Inference rests on frees. */
	p = base;
	p.infer = 1;
	assert_int_equal(plan_leave_out(&p, frees | flushes), flushes);
	assert_true(p.load[PROGRAM_COUNT_FREE] && p.load[PROGRAM_COUNT_KFREE]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_tells_time_and_share),
		cmocka_unit_test(the_dearest_goes_first),
		cmocka_unit_test(what_is_not_there_is_passed_over),
		cmocka_unit_test(a_level_comes_back_when_the_load_has_fallen),
		cmocka_unit_test(a_try_that_fails_waits_longer),
		cmocka_unit_test(what_nothing_shows_is_left_out),
	};

	return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
