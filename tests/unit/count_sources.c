// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* count_sources.c: which source counts: registry, probes or final counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reference/count_sources.h"

/* Returns a block with these counts. Its refills took `got` objects; each flush left 61 of 120. */
static struct slab_registry_cpu block(uint64_t hits, uint64_t refills, uint64_t got,
				      uint64_t flushes, uint64_t avail)
{
	struct slab_registry_cpu b = {.state = hits << 16 | avail};

	b.counters.refills = refills;
	b.counters.origins[SLAB_ORIGIN_SHARED] = refills;
	b.counters.flushes = b.counters.slow_frees = flushes;
	/*
	 * Counts as percpu.c: a refill pushes all but one; a flush takes all and pushes the rest.
	 */
	b.counters.pushed = got - refills + flushes * 61;
	b.counters.taken = flushes * 120;
	return b;
}

static struct ref_pair pair(uint64_t hits, uint64_t refills, uint64_t got, uint64_t flushes,
			    uint64_t flushed)
{
	struct ref_pair p = {.hits = hits,
			     .refills = refills,
			     .got = got,
			     .flushes = flushes,
			     .flushed = flushed};

	p.origins[ORIGIN_SHARED] = refills;
	return p;
}

static void a_block_says_everything(void **state)
{
	struct slab_registry_cpu b = {.state = 5000ull << 16 | 40};
	uint64_t n[COUNTS];

	(void)state;
	b.counters = (struct slab_cpu_counters){
		.refills = 100,
		.bypasses = 7,
		.pushed = 9000,
		.taken = 4500,
		.slow_frees = 80,
		.flushes = 75,
		.grows = 3,
		.slab_frees = 2,
		.list_moves = 11,
		.origins = {[SLAB_ORIGIN_GROWN] = 60,
			    [SLAB_ORIGIN_PARTIAL] = 40,
			    [SLAB_ORIGIN_FAILED] = 4},
	};
	count_sources_block_counts(&b, n);
	assert_int_equal(n[COUNT_HITS], 5000);
	assert_int_equal(n[COUNT_ALLOCS], 5107);
	assert_int_equal(n[COUNT_FREES], 80 + 40 + 5000 + 4500 - 9000);
	assert_int_equal(n[COUNT_REFILLS], 100);
	assert_int_equal(n[COUNT_BYPASSES], 7);
	assert_int_equal(n[COUNT_FAILED], 4);
	assert_int_equal(n[COUNT_GROWS], 3);
	assert_int_equal(n[COUNT_FLUSHES], 75);
	assert_int_equal(n[COUNT_LIST_MOVES], 11);
	assert_int_equal(n[COUNT_SLAB_FREES], 2);
	assert_int_equal(n[COUNT_ORIGIN + ORIGIN_GROWN], 60);
	assert_int_equal(n[COUNT_ORIGIN + ORIGIN_PARTIAL], 40);

	/* More pushed than possible, from half of a step: not a huge number. */
	b.counters.pushed = 1u << 30;
	count_sources_block_counts(&b, n);
	assert_int_equal(n[COUNT_FREES], 0);
}

static void a_count_never_falls(void **state)
{
	struct slab_registry_cpu b = block(1000, 20, 1200, 18, 0);
	uint64_t n[COUNTS], frees;
	struct count_sources l = {0};

	(void)state;
	count_sources_add_reading(&l, &b);
	count_sources_counts(&l, n);
	frees = n[COUNT_FREES];
	assert_true(frees > 0);
	b.counters.pushed += 60; /* counted, before its objects were there */
	count_sources_add_reading(&l, &b);
	count_sources_counts(&l, n);
	assert_int_equal(n[COUNT_FREES], frees);
	assert_false(l.rewound);
}

static void fewer_refills_are_another_programs(void **state)
{
	struct slab_registry_cpu b = block(1000, 20, 1200, 0, 0);
	struct count_sources l = {0};

	(void)state;
	count_sources_add_reading(&l, &b);
	b = block(5, 1, 60, 0, 0);
	count_sources_add_reading(&l, &b);
	assert_true(l.rewound);
}

static void the_last_word_counts(void **state)
{
	struct slab_registry_cpu early = block(1000, 20, 1200, 10, 0);
	struct slab_registry_cpu last = block(9000, 180, 10800, 178, 0);
	struct ref_pair p = pair(8000, 150, 9000, 150, 9000);
	uint64_t n[COUNTS], final[COUNTS];
	struct count_sources l = {0};

	(void)state;
	count_sources_add_reading(&l, &early);
	memcpy(p.final, &last, sizeof(last));
	p.has_final = 1;
	count_sources_add_pair(&l, &p, false);
	count_sources_counts(&l, n);
	count_sources_block_counts(&last, final);
	assert_memory_equal(n, final, sizeof(n));
}

static void a_killed_process_is_counted_by_its_probes(void **state)
{
	struct ref_pair p = pair(9000, 180, 10800, 178, 10680);
	struct count_sources l = {0};
	uint64_t n[COUNTS];

	(void)state;
	p.grows = 5;
	count_sources_add_pair(&l, &p, true);
	count_sources_counts(&l, n);
	assert_int_equal(n[COUNT_REFILLS], 180);
	assert_int_equal(n[COUNT_HITS], 9000);
	assert_int_equal(n[COUNT_ALLOCS], 9180);
	assert_int_equal(n[COUNT_FLUSHES], 178);
	assert_int_equal(n[COUNT_GROWS], 5);
	assert_int_equal(n[COUNT_ORIGIN + ORIGIN_SHARED], 180);
	/* 10800 came from the node and 10680 went back: at most 120 are in use. */
	assert_int_equal(n[COUNT_FREES], 9180 - 120);
}

static void probes_continue_where_the_registry_ended(void **state)
{
	struct slab_registry_cpu b = block(50000, 1000, 60000, 990, 30);
	struct ref_pair p = pair(40000, 300, 18000, 300, 18000);
	uint64_t n[COUNTS], frees;
	struct count_sources l = {0};

	(void)state;
	/* Attached in the middle: the probes have 300 refills, the registry 1000. */
	count_sources_add_pair(&l, &p, false);
	count_sources_add_reading(&l, &b);
	count_sources_counts(&l, n);
	assert_int_equal(n[COUNT_REFILLS], 1000);
	assert_int_equal(n[COUNT_HITS], 50000);
	frees = n[COUNT_FREES];

	/* Killed after 20 more refills and flushes. */
	p = pair(51000, 320, 19200, 320, 19200);
	count_sources_add_pair(&l, &p, false);
	count_sources_counts(&l, n);
	assert_int_equal(n[COUNT_REFILLS], 1020);
	assert_int_equal(n[COUNT_FLUSHES], 1010);
	assert_int_equal(n[COUNT_HITS], 51000);
	assert_int_equal(n[COUNT_ALLOCS], 52020);
	/* 1020 allocated; what came went back, except 30 that may have left the array. */
	assert_int_equal(n[COUNT_FREES], frees + 1020 - 30);
}

static void steps_between_probes_and_registry_count_once(void **state)
{
	struct ref_pair p = pair(1000, 100, 6000, 0, 0);
	struct slab_registry_cpu b = block(1500, 103, 6180, 0, 0);
	struct count_sources l = {0};
	uint64_t n[COUNTS];

	(void)state;
	/* Three refills fell between reading the probes and the registry. */
	count_sources_add_pair(&l, &p, false);
	count_sources_add_reading(&l, &b);
	/* Next time none fell between the two. */
	p = pair(2000, 200, 12000, 0, 0);
	b = block(2000, 200, 12000, 0, 0);
	count_sources_add_pair(&l, &p, false);
	count_sources_add_reading(&l, &b);
	p = pair(3000, 250, 15000, 0, 0);
	count_sources_add_pair(&l, &p, false);
	count_sources_counts(&l, n);
	assert_int_equal(n[COUNT_REFILLS], 250);
}

static void what_is_skipped_is_not_shown(void **state)
{
	struct slab_registry_cpu b = block(1000, 20, 1200, 0, 0);
	struct count_sources l = {0};
	uint64_t n[COUNTS];

	(void)state;
	count_sources_add_reading(&l, &b);
	count_sources_skip(&l);
	count_sources_counts(&l, n);
	for (int i = 0; i < COUNTS; i++)
		assert_int_equal(n[i], 0);
	b = block(1500, 30, 1800, 0, 0);
	count_sources_add_reading(&l, &b);
	count_sources_counts(&l, n);
	assert_int_equal(n[COUNT_HITS], 500);
	assert_int_equal(n[COUNT_ALLOCS], 510);
	count_sources_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_says_everything),
		cmocka_unit_test(a_count_never_falls),
		cmocka_unit_test(fewer_refills_are_another_programs),
		cmocka_unit_test(the_last_word_counts),
		cmocka_unit_test(a_killed_process_is_counted_by_its_probes),
		cmocka_unit_test(probes_continue_where_the_registry_ended),
		cmocka_unit_test(steps_between_probes_and_registry_count_once),
		cmocka_unit_test(what_is_skipped_is_not_shown),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
