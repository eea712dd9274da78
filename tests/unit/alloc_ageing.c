// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Ageing (cache_reap, drain_array), tunables, and DEBUG_SLAB's counters.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "alloc_help.h"

/*
 * A touched array only loses its mark. An untouched one loses a fifth of its limit, then half of
 * the rest.
 */
static void arrays_age(void **state)
{
	struct kmem_cache *cachep = make(64, 1, 1, 120, 60, 0);
	static const unsigned want[] = {60, 36, 12, 6, 3, 1, 0, 0};
	unsigned long pages = pages_used();
	void *live[61];

	(void)state;
	for (int i = 0; i < 61; i++)
		live[i] = slab_virtual_alloc(cachep, 0, 0);
	while (percpu_avail(cachep, 0))
		slab_virtual_alloc(cachep, 0, 0);
	kmem_cache_shrink(cachep);
	for (int i = 0; i < 60; i++)
		slab_virtual_free(cachep, live[i], 0);
	assert_int_equal(cachep->cpu[0].touched, 1);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		slab_virtual_reap(cachep);
		assert_int_equal(percpu_avail(cachep, 0), want[i]);
		assert_int_equal(cachep->cpu[0].touched, 0);
	}
	(void)pages;
}

/* After ageing took the mark, the next refill of the CPU is small. */
static void an_aged_array_refills_partly(void **state)
{
	struct kmem_cache *cachep = make(64, 1, 1, 120, 60, 0);
	void *live[300];
	size_t nr = 0;

	(void)state;
	while (nr < 16 + 47)
		live[nr++] = slab_virtual_alloc(cachep, 0, 0);
	slab_virtual_reap(cachep);
	live[nr++] = slab_virtual_alloc(cachep, 0, 0);
	assert_int_equal(percpu_avail(cachep, 0) + 1, 60);
	while (percpu_avail(cachep, 0))
		live[nr++] = slab_virtual_alloc(cachep, 0, 0);
	cachep->cpu[0].touched = 0;
	live[nr++] = slab_virtual_alloc(cachep, 0, 0);
	assert_int_equal(percpu_avail(cachep, 0) + 1, 3);
	while (percpu_avail(cachep, 0))
		live[nr++] = slab_virtual_alloc(cachep, 0, 0);
	cachep->cpu[0].touched = 0;
	live[nr++] = slab_virtual_alloc(cachep, 0, 0);
	assert_int_equal(percpu_avail(cachep, 0) + 1, 16);
	check(cachep, live, nr);
}

static void free_slabs_age(void **state)
{
	struct kmem_cache *cachep = make(64, 1, 1, 2, 1, 0);
	struct kmem_cache_node *n = get_node(cachep, 0);
	struct kmem_cache_stats stats;
	void *live[63];

	(void)state;
	/* One free slab; the refill that took from it has touched the free list. */
	for (int i = 0; i < 63; i++)
		live[i] = slab_virtual_alloc(cachep, 0, 0);
	for (int i = 0; i < 63; i++)
		slab_virtual_free(cachep, live[i], 0);
	while (percpu_avail(cachep, 0))
		slab_virtual_reap(cachep);
	assert_int_equal(n->slabs_free.count, 1);
	n->free_touched = true;
	n->reap_due = true;
	slab_virtual_reap(cachep);
	assert_int_equal(n->slabs_free.count, 1);
	assert_false(n->free_touched);
	slab_virtual_reap(cachep); /* not the node's turn */
	assert_int_equal(n->slabs_free.count, 1);
	slab_virtual_reap(cachep);
	assert_int_equal(n->slabs_free.count, 0);
	kmem_cache_get_stats(cachep, &stats);
	assert_int_equal(stats.reaped, 1);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

static void shared_and_alien_arrays_age(void **state)
{
	struct kmem_cache *cachep = make(64, 2, 2, 10, 5, 8);
	struct kmem_cache_node *n = get_node(cachep, 0);
	void *live[60];

	(void)state;
	for (int i = 0; i < 60; i++)
		live[i] = slab_virtual_alloc(cachep, 0, i % 2);
	for (int i = 0; i < 60; i++)
		slab_virtual_free(cachep, live[i], 0);
	assert_true(n->shared->avail > 8 && n->alien[1]->avail > 0);
	n->shared->touched = 1;
	n->reap_due = true;
	slab_virtual_reap(cachep);
	assert_int_equal(n->alien[1]->avail, 0);
	assert_int_equal(n->shared->touched, 0);
	for (unsigned before = n->shared->avail; before; before = n->shared->avail) {
		slab_virtual_reap(cachep);
		slab_virtual_reap(cachep);
		assert_int_equal(n->shared->avail, before - (8 > before ? (before + 1) / 2 : 8));
		check(cachep, NULL, 0);
	}
	kmem_cache_destroy(cachep);
}

/* The thread empties unused arrays, on real CPUs. */
static void the_timer_ages(void **state)
{
	struct kmem_cache *cachep = kmem_cache_create("timer", 64, 0, 0, NULL);
	void *live[100];
	unsigned avail;

	(void)state;
	for (int i = 0; i < 100; i++)
		live[i] = kmem_cache_alloc(cachep, 0);
	for (int i = 0; i < 100; i++)
		kmem_cache_free(cachep, live[i]);
	assert_int_equal(slab_reap_every(1), 0);
	for (int i = 0; i < 5000; i++) {
		avail = 0;
		for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
			avail += percpu_avail(cachep, (int)cpu);
		if (!avail)
			break;
		usleep(1000);
	}
	assert_int_equal(avail, 0);
	assert_int_equal(slab_reap_every(0), 0);
	kmem_cache_destroy(cachep);
}

static void tuned(void **state)
{
	struct kmem_cache *cachep = make(64, 2, 1, 120, 60, 8);
	void *live[2000];
	size_t nr = 0;

	(void)state;
	for (; nr < 1000; nr++)
		live[nr] = slab_virtual_alloc(cachep, 0, (int)(nr & 1));
	for (int i = 0; i < 500; i++)
		slab_virtual_free(cachep, live[--nr], 0);
	assert_true(get_node(cachep, 0)->shared->avail > 0);
	assert_int_equal(kmem_cache_tune(cachep, 8, 4, 1), 0);
	check(cachep, live, nr);
	assert_int_equal(get_node(cachep, 0)->shared->limit, 4);
	assert_int_equal(get_node(cachep, 0)->free_limit, 3 * 4 + 63);
	assert_int_equal(cachep->entry->limit, 8);
	live[nr++] = slab_virtual_alloc(cachep, 0, 0);
	assert_int_equal(percpu_avail(cachep, 0) + 1, 4);
	for (int i = 0; i < 30; i++) {
		slab_virtual_free(cachep, live[--nr], 0);
		assert_true(percpu_avail(cachep, 0) <= 8);
	}
	assert_int_equal(kmem_cache_tune(cachep, 1024, 1024, 0), 0);
	assert_null(get_node(cachep, 0)->shared);
	live[nr++] = slab_virtual_alloc(cachep, 0, 1);
	assert_true(percpu_avail(cachep, 1) > 0);
	check(cachep, live, nr);
	while (nr)
		slab_virtual_free(cachep, live[--nr], 0);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

static void bad_tunables(void **state)
{
	struct kmem_cache *cachep = make(64, 1, 1, 120, 60, 8);

	(void)state;
	assert_int_equal(kmem_cache_tune(cachep, 0, 1, 0), -EINVAL);
	assert_int_equal(kmem_cache_tune(cachep, 10, 0, 0), -EINVAL);
	assert_int_equal(kmem_cache_tune(cachep, 10, 11, 0), -EINVAL);
	assert_int_equal(kmem_cache_tune(cachep, 1025, 10, 0), -EINVAL);
	assert_int_equal(cachep->limit, 120);
	kmem_cache_destroy(cachep);
}

static void statistics(void **state)
{
	struct kmem_cache *cachep = make(64, 1, 1, 120, 60, 0);
	struct kmem_cache_stats s;
	void *live[200];
	size_t nr = 0;

	(void)state;
	while (nr < 16 + 47 + 1)
		live[nr++] = slab_virtual_alloc(cachep, 0, 0);
	kmem_cache_get_stats(cachep, &s);
	assert_int_equal(s.num_allocations, 16 + 47 + 60);
	assert_int_equal(s.num_active, 16 + 47 + 60);
	assert_int_equal(s.high_mark, 16 + 47 + 60);
	assert_int_equal(s.grown, 2);
	assert_int_equal(s.allocmiss, 3);
	assert_int_equal(s.allochit, 16 + 47 + 1 - 3);
	assert_int_equal(s.freehit + s.freemiss, 0);
	/* 59 are in the array: 61 more fit, the next one flushes 60. */
	for (int i = 0; i < 62; i++)
		slab_virtual_free(cachep, live[--nr], 0);
	kmem_cache_get_stats(cachep, &s);
	assert_int_equal(s.freehit, 61);
	assert_int_equal(s.freemiss, 1);
	assert_int_equal(s.num_active, 16 + 47);
	assert_int_equal(s.high_mark, 16 + 47 + 60);
	assert_int_equal(s.errors, 0);
	pages_set_limit(1);
	while ((live[nr] = slab_virtual_alloc(cachep, 0, 0)))
		nr++;
	pages_set_limit(0);
	kmem_cache_get_stats(cachep, &s);
	assert_int_equal(s.errors, 1);
	assert_int_equal(nr, 126);
	while (nr)
		slab_virtual_free(cachep, live[--nr], 0);
	kmem_cache_get_stats(cachep, &s);
	assert_true(s.max_freeable >= 1);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_age),	  cmocka_unit_test(an_aged_array_refills_partly),
		cmocka_unit_test(free_slabs_age), cmocka_unit_test(shared_and_alien_arrays_age),
		cmocka_unit_test(the_timer_ages), cmocka_unit_test(tuned),
		cmocka_unit_test(bad_tunables),	  cmocka_unit_test(statistics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
