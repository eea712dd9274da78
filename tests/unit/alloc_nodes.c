// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Several nodes, made up: every object comes from and goes back to its own node's slabs, frees on
 * another node wait in alien arrays, and an allocation may name its node.
 */
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>

#include "alloc_help.h"

static int node_of(const void *objp)
{
	return virt_to_slab(objp)->node;
}

static void each_cpu_takes_from_its_node(void **state)
{
	struct kmem_cache *cachep = make(64, 6, 3, 0, 0, 0);
	unsigned long pages = pages_used();
	void *live[600];

	(void)state;
	for (int i = 0; i < 600; i++) {
		live[i] = slab_virtual_alloc(cachep, 0, i % 6);
		assert_int_equal(node_of(live[i]), i % 3);
	}
	check(cachep, live, 600);
	for (int i = 0; i < 600; i++)
		slab_virtual_free(cachep, live[i], i % 6);
	unmake(cachep, pages);
}

static void aliens_wait_and_overflow(void **state)
{
	struct kmem_cache *cachep = make(64, 2, 2, 10, 5, 0);
	struct kmem_cache_node *n = get_node(cachep, 0);
	unsigned long pages = pages_used();
	struct kmem_cache_stats stats;
	void *live[30];

	(void)state;
	for (int i = 0; i < 30; i++)
		live[i] = slab_virtual_alloc(cachep, 0, 1);
	/* CPU 0 frees objects of node 1: ten fit, and the eleventh empties the array first. */
	for (int i = 0; i < 10; i++)
		slab_virtual_free(cachep, live[i], 0);
	assert_int_equal(n->alien[1]->avail, 10);
	kmem_cache_get_stats(cachep, &stats);
	assert_int_equal(stats.node_frees, 10);
	assert_int_equal(stats.node_overflow, 0);
	check(cachep, live + 10, 20);
	slab_virtual_free(cachep, live[10], 0);
	assert_int_equal(n->alien[1]->avail, 1);
	kmem_cache_get_stats(cachep, &stats);
	assert_int_equal(stats.node_frees, 11);
	assert_int_equal(stats.node_overflow, 1);
	check(cachep, live + 11, 19);
	/* The frees count on CPU 0, whose own array does not change. */
	assert_int_equal(percpu_avail(cachep, 0), 0);
	assert_int_equal(cpu_counters(cachep, 0)->slow_frees, 11);
	for (int i = 11; i < 30; i++)
		slab_virtual_free(cachep, live[i], 1);
	unmake(cachep, pages);
}

/* A full alien array goes into the shared array of its own node first. */
static void aliens_go_to_the_shared_array(void **state)
{
	struct kmem_cache *cachep = make(64, 4, 2, 10, 5, 2);
	unsigned long pages = pages_used();
	void *live[40];

	(void)state;
	for (int i = 0; i < 40; i++)
		live[i] = slab_virtual_alloc(cachep, 0, 1);
	for (int i = 0; i < 11; i++)
		slab_virtual_free(cachep, live[i], 0);
	assert_int_equal(get_node(cachep, 1)->shared->avail, 10);
	check(cachep, live + 11, 29);
	for (int i = 11; i < 40; i++)
		slab_virtual_free(cachep, live[i], 3);
	unmake(cachep, pages);
}

static void an_allocation_may_name_its_node(void **state)
{
	struct kmem_cache *cachep = make(64, 2, 2, 0, 0, 0);
	unsigned long pages = pages_used();
	struct kmem_cache_stats stats;
	void *live[4];

	(void)state;
	live[0] = slab_virtual_alloc_node(cachep, 0, 0, 1);
	assert_int_equal(node_of(live[0]), 1);
	assert_int_equal(cpu_counters(cachep, 0)->bypasses, 1);
	assert_int_equal(percpu_avail(cachep, 0), 0);
	live[1] = slab_virtual_alloc_node(cachep, 0, 0, 0);
	assert_int_equal(node_of(live[1]), 0);
	assert_int_equal(cpu_counters(cachep, 0)->bypasses, 1);
	assert_int_equal(cpu_counters(cachep, 0)->refills, 1);
	live[2] = slab_virtual_alloc_node(cachep, 0, 0, -1);
	assert_int_equal(node_of(live[2]), 0);
	live[3] = slab_virtual_alloc_node(cachep, 0, 1, 0);
	assert_int_equal(node_of(live[3]), 0);
	assert_null(slab_virtual_alloc_node(cachep, 0, 0, 2));
	kmem_cache_get_stats(cachep, &stats);
	assert_int_equal(stats.node_allocs, 2);
	check(cachep, live, 4);
	for (int i = 0; i < 4; i++)
		slab_virtual_free(cachep, live[i], 0);
	unmake(cachep, pages);
}

/* Without memory for the own node, another node serves, and the origin shows it. */
static void a_refill_falls_back_to_other_nodes(void **state)
{
	struct kmem_cache *cachep = make(64, 2, 2, 10, 5, 0);
	unsigned long pages = pages_used();
	void *live[63];
	size_t nr = 0;

	(void)state;
	live[nr++] = slab_virtual_alloc(cachep, 0, 1);
	pages_set_limit(pages_used());
	live[nr] = slab_virtual_alloc(cachep, 0, 0);
	assert_non_null(live[nr]);
	assert_int_equal(node_of(live[nr]), 1);
	nr++;
	assert_int_equal(origin(cachep, 0, SLAB_ORIGIN_REMOTE), 1);
	assert_int_equal(cpu_counters(cachep, 0)->refills, 1);
	check(cachep, live, nr);
	/* Then only the array of the other CPU has objects: NULL. */
	for (; (live[nr] = slab_virtual_alloc(cachep, 0, 0)); nr++)
		;
	assert_int_equal(nr, 63 - percpu_avail(cachep, 1));
	assert_int_equal(origin(cachep, 0, SLAB_ORIGIN_FAILED), 1);
	check(cachep, live, nr);
	pages_set_limit(0);
	while (nr)
		slab_virtual_free(cachep, live[--nr], 1);
	unmake(cachep, pages);
}

static void random_operations(void **state)
{
	struct kmem_cache *cachep = make(64, 8, 4, 20, 10, 2);
	unsigned long pages = pages_used();
	static void *live[4000];
	size_t nr = 0;

	(void)state;
	srandom(1);
	for (int i = 0; i < 200000; i++) {
		int cpu = (int)(random() % 8);

		if (nr < 4000 && (nr == 0 || random() % 100 < (i / 20000 % 2 ? 40 : 60))) {
			int node = random() % 10 ? -1 : (int)(random() % 4);

			live[nr] = slab_virtual_alloc_node(cachep, 0, cpu, node);
			assert_non_null(live[nr++]);
		} else {
			size_t at = (size_t)random() % nr;

			slab_virtual_free(cachep, live[at], cpu);
			live[at] = live[--nr];
		}
		if (i % 5000 == 0)
			check(cachep, live, nr);
	}
	while (nr)
		slab_virtual_free(cachep, live[--nr], (int)(random() % 8));
	unmake(cachep, pages);
}

/* Real CPUs on made-up nodes sort out aliens when they flush the array. */
static void real_cpus(void **state)
{
	struct kmem_cache *cachep;
	static void *live[2000];

	(void)state;
	cachep = kmem_cache_create("real", 64, 0, 0, NULL);
	assert_int_equal(cachep->nr_nodes, 2);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 2000; i++) {
			live[i] = i % 5 ? kmem_cache_alloc(cachep, 0)
					: kmem_cache_alloc_node(cachep, 0, i / 5 % 2);
			assert_non_null(live[i]);
			if (i % 5 == 0)
				assert_int_equal(node_of(live[i]), i / 5 % 2);
		}
		check(cachep, live, 2000);
		for (int i = 0; i < 2000; i++)
			kmem_cache_free(cachep, live[i]);
		check(cachep, NULL, 0);
	}
	kmem_cache_destroy(cachep);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cpu_takes_from_its_node),
		cmocka_unit_test(aliens_wait_and_overflow),
		cmocka_unit_test(aliens_go_to_the_shared_array),
		cmocka_unit_test(an_allocation_may_name_its_node),
		cmocka_unit_test(a_refill_falls_back_to_other_nodes),
		cmocka_unit_test(random_operations),
		cmocka_unit_test(real_cpus),
	};

	setenv("SLAB_NODES", "2", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
