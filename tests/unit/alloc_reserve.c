// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The emergency reserve (the kernel's pfmemalloc): under a memory limit, only callers with
 * SLAB_MEMALLOC get objects of its slabs; other callers get the other objects of the array.
 */
#include "alloc_help.h"

static bool from_reserve(const void *objp)
{
	return virt_to_slab(objp)->pfmemalloc;
}

static void only_with_the_flag(void **state)
{
	struct kmem_cache *cachep = make(64, 1, 1, 20, 10, 0);
	unsigned long pages = pages_used();
	void *live[300];
	size_t nr = 0, ordinary;

	(void)state;
	pages_set_limit(pages + 1);
	pages_set_reserve(2);
	while ((live[nr] = slab_virtual_alloc(cachep, 0, 0)))
		nr++;
	assert_int_equal(nr, 63);
	ordinary = nr;
	assert_null(slab_virtual_alloc(cachep, 0, 0));
	live[nr] = slab_virtual_alloc(cachep, SLAB_MEMALLOC, 0);
	assert_non_null(live[nr]);
	assert_true(from_reserve(live[nr]));
	nr++;
	/* The array now holds the rest of the batch, which is not for other callers. */
	assert_true(percpu_avail(cachep, 0) > 0);
	assert_null(slab_virtual_alloc(cachep, 0, 0));
	check(cachep, live, nr);
	/* Callers with the flag get all of it, and then NULL too. */
	while ((live[nr] = slab_virtual_alloc(cachep, SLAB_MEMALLOC, 0)))
		nr++;
	assert_int_equal(nr, 3 * 63);
	check(cachep, live, nr);

	/* An ordinary object comes back between objects of the reserve: a caller gets it. */
	slab_virtual_free(cachep, live[--nr], 0);
	slab_virtual_free(cachep, live[--nr], 0);
	slab_virtual_free(cachep, live[0], 0);
	slab_virtual_free(cachep, live[--nr], 0);
	assert_ptr_equal(slab_virtual_alloc(cachep, 0, 0), live[0]);
	assert_null(slab_virtual_alloc(cachep, 0, 0));
	check(cachep, live, nr);
	assert_false(from_reserve(live[ordinary - 1]));

	/* With memory again, a caller without the flag gets a new slab. */
	pages_set_limit(0);
	live[nr] = slab_virtual_alloc(cachep, 0, 0);
	assert_non_null(live[nr]);
	assert_false(from_reserve(live[nr]));
	nr++;
	check(cachep, live, nr);
	while (nr)
		slab_virtual_free(cachep, live[--nr], 0);
	kmem_cache_shrink(cachep);
	assert_int_equal(cachep->pfmemalloc_slabs, 0);
	pages_set_reserve(0);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
	assert_int_equal(pages_used(), pages);
}

/* The shared array serves where there is nothing else. */
static void found_behind_the_shared_array(void **state)
{
	struct kmem_cache *cachep = make(64, 1, 1, 8, 4, 4);
	unsigned long pages = pages_used();
	void *live[130];
	size_t nr = 0;

	(void)state;
	pages_set_limit(pages + 1);
	pages_set_reserve(1);
	while ((live[nr] = slab_virtual_alloc(cachep, 0, 0)))
		nr++;
	assert_int_equal(nr, 63);
	while ((live[nr] = slab_virtual_alloc(cachep, SLAB_MEMALLOC, 0)))
		nr++;
	assert_int_equal(nr, 2 * 63);
	/* 3 ordinary objects, then as many of the reserve's as fill the CPU's array once more. */
	for (size_t i = 0; i < 3; i++)
		slab_virtual_free(cachep, live[i], 0);
	for (size_t i = 0; i < 16; i++)
		slab_virtual_free(cachep, live[--nr], 0);
	assert_true(get_node(cachep, 0)->shared->avail > 3);
	for (size_t i = 0; i < 3; i++) {
		live[i] = slab_virtual_alloc(cachep, 0, 0);
		assert_non_null(live[i]);
		assert_false(from_reserve(live[i]));
	}
	assert_null(slab_virtual_alloc(cachep, 0, 0));
	check(cachep, live, nr);
	pages_set_limit(0);
	while (nr)
		slab_virtual_free(cachep, live[--nr], 0);
	kmem_cache_shrink(cachep);
	pages_set_reserve(0);
	kmem_cache_destroy(cachep);
}

/* On real CPUs the inlined hit must not serve while reserve slabs exist. */
static void the_inlined_hit_keeps_off(void **state)
{
	struct kmem_cache *cachep = kmem_cache_create("reserve", 64, 0, 0, NULL);
	unsigned long pages;
	void *live[300];
	size_t nr = 0;

	(void)state;
	pages = pages_used();
	slab_set_limit((pages + 1) << SLAB_PAGE_SHIFT, 1 << SLAB_PAGE_SHIFT);
	while ((live[nr] = kmem_cache_alloc(cachep, 0)))
		nr++;
	assert_int_equal(nr, 63);
	live[nr] = kmem_cache_alloc(cachep, SLAB_MEMALLOC);
	assert_non_null(live[nr]);
	nr++;
	for (int i = 0; i < 100; i++)
		assert_null(kmem_cache_alloc(cachep, 0));
	check(cachep, live, nr);
	slab_set_limit(0, 0);
	while (nr)
		kmem_cache_free(cachep, live[--nr]);
	kmem_cache_shrink(cachep);
	assert_int_equal(cachep->pfmemalloc_slabs, 0);
	/* The CPUs run by sequences again. */
	for (int i = 0; i < 200; i++)
		kmem_cache_free(cachep, kmem_cache_alloc(cachep, 0));
	if (cachep->backend == CACHE_RSEQ)
		assert_int_equal(cachep->cpu[percpu_this_cpu(cachep, 0)].limit, 120);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_with_the_flag),
		cmocka_unit_test(found_behind_the_shared_array),
		cmocka_unit_test(the_inlined_hit_keeps_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
