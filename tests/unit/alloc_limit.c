// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * slab_set_limit(): before a call gets NULL, other caches give their free slabs back. What errno is
 * then.
 */
#include <errno.h>

#include "alloc_help.h"
#include "caches.h"
#include "pages.h"

static struct kmem_cache *rich, *poor;

/* Makes free slabs, and limits the memory to what is in use. Returns how many there are. */
static unsigned only_free_slabs(void)
{
	void *objp[100];

	for (unsigned i = 0; i < 100; i++)
		assert_non_null(objp[i] = kmem_cache_alloc(rich, 0));
	for (unsigned i = 0; i < 100; i++)
		kmem_cache_free(rich, objp[i]);
	pages_set_limit(pages_used());
	return get_node(rich, 0)->slabs_free.count;
}

static void trace(unsigned short on)
{
	slab_refill_start_semaphore = slab_refill_done_semaphore = on;
	slab_list_move_semaphore = slab_slab_destroy_semaphore = slab_grow_semaphore = on;
}

static uint64_t failed(struct kmem_cache *cachep)
{
	uint64_t nr = 0;

	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		nr += origin(cachep, (int)cpu, SLAB_ORIGIN_FAILED);
	return nr;
}

/* Gets objects until there is no memory. */
static unsigned alloc_all(void **objp, unsigned max)
{
	unsigned nr = 0;

	while (nr < max && (objp[nr] = kmem_cache_alloc(poor, 0)))
		nr++;
	assert_true(nr < max);
	return nr;
}

static void free_slabs_serve_others(void)
{
	void *objp[1000], *large;
	unsigned nr, before;

	rich = kmem_cache_create("rich", 4096, 0, 0, NULL);
	poor = kmem_cache_create("poor", 4096, 0, SLAB_OFF_SLAB, NULL);
	assert_int_equal(kmem_cache_tune(rich, 24, 12, 0), 0);

	before = only_free_slabs();
	assert_true(before > 0);
	nr = alloc_all(objp, 1000);
	assert_true(nr > 0);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(failed(poor), 1);
	assert_int_equal(get_node(rich, 0)->slabs_free.count, 0);
	check(poor, objp, nr);
	while (nr)
		kmem_cache_free(poor, objp[--nr]);
	pages_set_limit(0);
	kmem_cache_shrink(poor);

	assert_true(only_free_slabs() > 0);
	objp[0] = kmem_cache_alloc_node(poor, 0, 0);
	assert_non_null(objp[0]);
	assert_int_equal(get_node(rich, 0)->slabs_free.count, 0);
	kmem_cache_free(poor, objp[0]);
	pages_set_limit(0);
	kmem_cache_shrink(poor);

	assert_true(only_free_slabs() > 0);
	large = kmalloc(10000, 0);
	assert_non_null(large);
	assert_int_equal(get_node(rich, 0)->slabs_free.count, 0);
	pages_set_limit(0);
	kfree(large);
	check(rich, NULL, 0);
	check(poor, NULL, 0);
	kmem_cache_destroy(poor);
	kmem_cache_destroy(rich);
}

static void untraced(void **state)
{
	(void)state;
	free_slabs_serve_others();
}

static void traced(void **state)
{
	(void)state;
	trace(1);
	free_slabs_serve_others();
	trace(0);
}

/* The list of caches is locked: by a walk over it, which may print, or by fork(). */
static void not_with_the_list_locked(void **state)
{
	void *objp[1000];
	unsigned nr;

	(void)state;
	rich = kmem_cache_create("rich", 4096, 0, 0, NULL);
	poor = kmem_cache_create("poor", 4096, 0, 0, NULL);
	assert_int_equal(kmem_cache_tune(rich, 24, 12, 0), 0);
	assert_true(only_free_slabs() > 0);
	caches_lock_all();
	nr = alloc_all(objp, 1000);
	assert_int_equal(nr, 0);
	caches_unlock_all();
	nr = alloc_all(objp, 1000);
	assert_true(nr > 0);
	pages_set_limit(0);
	while (nr)
		kmem_cache_free(poor, objp[--nr]);
	kmem_cache_destroy(poor);
	kmem_cache_destroy(rich);
}

static void what_errno_says(void **state)
{
	struct kmem_cache *cachep = kmem_cache_create("errno", 64, 0, 0, NULL);
	void *objp[2];

	(void)state;
	errno = 0;
	assert_null(kmem_cache_alloc_node(cachep, 0, SLAB_NODES_MAX));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(kmalloc(SIZE_MAX, 0));
	assert_int_equal(errno, ENOMEM);
	pages_set_limit(1);
	errno = 0;
	assert_int_equal(kmem_cache_alloc_bulk(cachep, 0, 2, objp), 0);
	assert_int_equal(errno, ENOMEM);
	pages_set_limit(0);
	for (unsigned bit = 1; bit; bit <<= 1) {
		struct kmem_cache *other;

		if (bit & (SLAB_HWCACHE_ALIGN | SLAB_NO_SHARED | SLAB_BUFCTL | SLAB_OFF_SLAB |
			   SLAB_ON_SLAB))
			continue;
		errno = 0;
		other = kmem_cache_create("unknown", 64, 0, bit, NULL);
		assert_null(other);
		assert_int_equal(errno, EINVAL);
	}
	kmem_cache_destroy(cachep);
}

/* Nothing has started libslab before. */
static void large_memory_may_be_the_first_call(void **state)
{
	void *large = kmalloc(100000, 0);

	(void)state;
	assert_non_null(large);
	kfree(large);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_memory_may_be_the_first_call),
		cmocka_unit_test(untraced),
		cmocka_unit_test(traced),
		cmocka_unit_test(not_with_the_list_locked),
		cmocka_unit_test(what_errno_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
