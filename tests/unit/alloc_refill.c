// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The arithmetic of refills and flushes, on made-up CPUs: the numbers follow from the description
 * of the algorithm (BATCHREFILL_LIMIT 16, limit 120, batchcount 60) and 63 objects a slab.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "check.h"
#include "node.h"
#include "percpu.h"
#include "virtual.h"

#define SIZE 64
#define NUM  63

static struct kmem_cache *make(unsigned flags, unsigned cpus)
{
	struct slab_topology t = {.cpus = cpus, .nodes = 1};
	struct kmem_cache *cachep = slab_virtual_create("test", SIZE, 0, flags, NULL, &t);

	assert_non_null(cachep);
	assert_int_equal(cachep->num, NUM);
	assert_int_equal(cachep->limit, 120);
	assert_int_equal(cachep->batchcount, 60);
	return cachep;
}

static void check(struct kmem_cache *cachep, void **live, size_t nr)
{
	struct slab_check c;

	slab_check(cachep, live, nr, &c);
	assert_string_equal(c.error, "");
}

static uint64_t refills(struct kmem_cache *cachep, int cpu)
{
	return cpu_counters(cachep, cpu)->refills;
}

static uint64_t origin(struct kmem_cache *cachep, int cpu, enum slab_origin o)
{
	return cpu_counters(cachep, cpu)->origins[o];
}

/* Allocates up to the next refill, and returns how many objects it got. */
static unsigned next_refill(struct kmem_cache *cachep, int cpu, void **live, size_t *nr)
{
	uint64_t before = refills(cachep, cpu);

	while (refills(cachep, cpu) == before) {
		live[*nr] = slab_virtual_alloc(cachep, 0, cpu);
		assert_non_null(live[*nr]);
		++*nr;
	}
	return percpu_avail(cachep, cpu) + 1;
}

static void free_all(struct kmem_cache *cachep, int cpu, void **live, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		slab_virtual_free(cachep, live[i], cpu);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

static void pure_allocs(void **state)
{
	static const unsigned want[] = {16, 47, 60, 3, 60, 3, 60, 3};
	struct kmem_cache *cachep = make(SLAB_NO_SHARED, 1);
	void *live[1000];
	size_t nr = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_int_equal(next_refill(cachep, 0, live, &nr), want[i]);
		/*
		 * A first batch of each slab comes with its grow, the rest from the partial slab.
		 */
		assert_int_equal(origin(cachep, 0, SLAB_ORIGIN_GROWN), i / 2 + 1);
		assert_int_equal(origin(cachep, 0, SLAB_ORIGIN_PARTIAL), (i + 1) / 2);
		assert_int_equal(cpu_counters(cachep, 0)->grows, i / 2 + 1);
		check(cachep, live, nr);
	}
	free_all(cachep, 0, live, nr);
}

static void order_of_origins(void **state)
{
	struct kmem_cache *cachep = make(0, 2);
	struct kmem_cache_node *n = get_node(cachep, 0);
	void *live[2000];
	size_t nr = 0;

	(void)state;
	assert_int_equal(n->shared->limit, 8 * 60);
	/* Fills three slabs and gives 121 objects back: one flush, to the shared array. */
	for (; nr < 3 * NUM; nr++)
		live[nr] = slab_virtual_alloc(cachep, 0, 0);
	while (cpu_counters(cachep, 0)->flushes == 0)
		slab_virtual_free(cachep, live[--nr], 0);
	assert_int_equal(n->shared->avail, 60);
	check(cachep, live, nr);

	/* The other CPU, untouched: 16 of them; then 44 more, touched. */
	assert_int_equal(next_refill(cachep, 1, live, &nr), 16);
	assert_int_equal(origin(cachep, 1, SLAB_ORIGIN_SHARED), 1);
	assert_int_equal(n->shared->avail, 44);
	assert_int_equal(n->shared->touched, 1);
	assert_int_equal(next_refill(cachep, 1, live, &nr), 44);
	assert_int_equal(origin(cachep, 1, SLAB_ORIGIN_SHARED), 2);

	/* The shared array is empty: now the partial slab, then the free slab, then a grow. */
	while (percpu_avail(cachep, 1))
		live[nr++] = slab_virtual_alloc(cachep, 0, 1);
	while (n->slabs_partial.count) {
		uint64_t partial = origin(cachep, 1, SLAB_ORIGIN_PARTIAL);

		next_refill(cachep, 1, live, &nr);
		assert_int_equal(origin(cachep, 1, SLAB_ORIGIN_PARTIAL), partial + 1);
		while (percpu_avail(cachep, 1))
			live[nr++] = slab_virtual_alloc(cachep, 0, 1);
	}
	assert_int_equal(origin(cachep, 1, SLAB_ORIGIN_GROWN), 0);
	assert_int_equal(n->slabs_free.count, 0);
	next_refill(cachep, 1, live, &nr);
	assert_int_equal(origin(cachep, 1, SLAB_ORIGIN_GROWN), 1);
	check(cachep, live, nr);
	free_all(cachep, 0, live, nr);
}

/* Partial slabs come before free ones, though a free one may stand longer. */
static void partial_before_free(void **state)
{
	struct slab_topology t = {.cpus = 1, .nodes = 1, .limit = 2, .batchcount = 1};
	struct kmem_cache *cachep = slab_virtual_create("test", SIZE, 0, 0, NULL, &t);
	struct kmem_cache_node *n = get_node(cachep, 0);
	void *live[200], *keep;
	size_t nr = 0;

	(void)state;
	for (; nr < 2 * NUM; nr++)
		live[nr] = slab_virtual_alloc(cachep, 0, 0);
	assert_int_equal(n->slabs_full.count, 2);
	/* Empty the first slab, and all but one object of the second. */
	keep = live[--nr];
	while (nr)
		slab_virtual_free(cachep, live[--nr], 0);
	assert_int_equal(n->slabs_free.count + n->slabs_partial.count, 2);
	assert_int_equal(n->slabs_partial.count, n->slabs_free.count ? 1 : 2);
	while (percpu_avail(cachep, 0))
		live[nr++] = slab_virtual_alloc(cachep, 0, 0);
	while (n->slabs_partial.count) {
		live[nr++] = slab_virtual_alloc(cachep, 0, 0);
		assert_int_equal(origin(cachep, 0, SLAB_ORIGIN_FREE), 0);
	}
	if (n->slabs_free.count) {
		live[nr++] = slab_virtual_alloc(cachep, 0, 0);
		assert_int_equal(origin(cachep, 0, SLAB_ORIGIN_FREE), 1);
	}
	live[nr++] = keep;
	check(cachep, live, nr);
	free_all(cachep, 0, live, nr);
}

/* From the first allocation to the last free a slab is free, partial, full, partial, free. */
static void lists_of_a_slab(void **state)
{
	struct slab_topology t = {.cpus = 1, .nodes = 1, .limit = 1, .batchcount = 1};
	struct kmem_cache *cachep = slab_virtual_create("test", SIZE, 0, 0, NULL, &t);
	void *live[NUM];
	size_t nr = 0;
	struct slab *slabp;

	(void)state;
	for (; nr < NUM; nr++) {
		live[nr] = slab_virtual_alloc(cachep, 0, 0);
		slabp = virt_to_slab(live[0]);
		assert_ptr_equal(virt_to_slab(live[nr]), slabp);
		assert_int_equal(slabp->list, nr + 1 < NUM ? SLAB_LIST_PARTIAL : SLAB_LIST_FULL);
	}
	/* none -> free -> partial -> full */
	assert_int_equal(cpu_counters(cachep, 0)->list_moves, 3);
	slab_virtual_free(cachep, live[--nr], 0); /* stays in the array */
	assert_int_equal(slabp->list, SLAB_LIST_FULL);
	while (nr) {
		slab_virtual_free(cachep, live[--nr], 0);
		assert_int_equal(slabp->list, SLAB_LIST_PARTIAL);
	}
	assert_int_equal(cpu_counters(cachep, 0)->list_moves, 4);
	assert_int_equal(kmem_cache_shrink(cachep), 1);
	/* partial -> free -> none */
	assert_int_equal(cpu_counters(cachep, 0)->list_moves, 6);
	assert_int_equal(cpu_counters(cachep, 0)->slab_frees, 1);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

static void flush_gives_the_oldest(void **state)
{
	struct kmem_cache *cachep = make(SLAB_NO_SHARED, 1);
	void *live[400], *oldest;
	size_t nr = 0;

	(void)state;
	for (; nr < 300; nr++)
		live[nr] = slab_virtual_alloc(cachep, 0, 0);
	while (percpu_avail(cachep, 0))
		live[nr++] = slab_virtual_alloc(cachep, 0, 0);
	oldest = live[nr - 1];
	for (int i = 0; i < 120; i++)
		slab_virtual_free(cachep, live[--nr], 0);
	assert_ptr_equal(cachep->cpu[0].entry[0], oldest);
	assert_int_equal(percpu_avail(cachep, 0), 120);
	slab_virtual_free(cachep, live[--nr], 0);
	assert_int_equal(cpu_counters(cachep, 0)->flushes, 1);
	assert_int_equal(percpu_avail(cachep, 0), 120 - 60 + 1);
	assert_ptr_equal(cachep->cpu[0].entry[60], live[nr]);
	for (unsigned i = 0; i <= 60; i++)
		assert_ptr_not_equal(cachep->cpu[0].entry[i], oldest);
	check(cachep, live, nr);
	free_all(cachep, 0, live, nr);
}

/* free_limit = (1 + CPUs) * batchcount + num: above it free slabs go back to the system. */
static void free_limit(void **state)
{
	struct kmem_cache *cachep = make(SLAB_NO_SHARED, 1);
	struct kmem_cache_node *n = get_node(cachep, 0);
	static void *live[5000];
	unsigned long pages = pages_used();
	size_t nr = 0;

	(void)state;
	assert_int_equal(n->free_limit, 2 * 60 + NUM);
	for (; nr < 5000; nr++)
		live[nr] = slab_virtual_alloc(cachep, 0, 0);
	assert_true(pages_used() >= pages + 5000 / NUM);
	while (nr) {
		slab_virtual_free(cachep, live[--nr], 0);
		assert_true(n->free_objects <= n->free_limit || !n->slabs_free.count);
	}
	assert_true(cpu_counters(cachep, 0)->slab_frees > 5000 / NUM - 10);
	assert_true(pages_used() <= pages + 10);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
	assert_int_equal(pages_used(), pages);
}

/* Without memory at any point: NULL, and the cache is as before. Afterwards it works. */
static void out_of_memory(void **state)
{
	struct kmem_cache *cachep = make(0, 2);
	static void *live[2000];
	size_t nr = 0;

	(void)state;
	for (unsigned limit = 1; limit < 12; limit++) {
		size_t before = nr;

		pages_set_limit(pages_used() + 1);
		for (int cpu = 0; cpu < 2; cpu++)
			while ((live[nr] = slab_virtual_alloc(cachep, 0, cpu)))
				nr++;
		assert_int_equal(nr, before + NUM);
		check(cachep, live, nr);
	}
	assert_int_equal(origin(cachep, 0, SLAB_ORIGIN_FAILED), 11);
	assert_int_equal(origin(cachep, 1, SLAB_ORIGIN_FAILED), 11);
	pages_set_limit(0);
	live[nr] = slab_virtual_alloc(cachep, 0, 0);
	assert_non_null(live[nr++]);
	free_all(cachep, 1, live, nr);
}

static void constructed(void *objp)
{
	memset(objp, 0x5a, 100);
}

static void sizes_alignments_colours(void **state)
{
	static const size_t sizes[] = {1,   8,	  24,	64,   100,    192,    500,
				       512, 1000, 4096, 5000, 100000, 1 << 20};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		for (size_t align = 1; align <= 4096; align *= 4) {
			struct slab_topology t = {.cpus = 1, .nodes = 1};
			size_t want = align > 8 ? align : 1;
			struct kmem_cache *cachep =
				slab_virtual_create("test", sizes[i], align, 0,
						    sizes[i] >= 100 ? constructed : NULL, &t);
			void *live[70];

			assert_non_null(cachep);
			for (int nr = 0; nr < 70; nr++) {
				live[nr] = slab_virtual_alloc(cachep, 0, 0);
				assert_non_null(live[nr]);
				assert_int_equal((uintptr_t)live[nr] % want, 0);
				if (sizes[i] >= 100)
					assert_int_equal(((unsigned char *)live[nr])[99], 0x5a);
				memset(live[nr], nr, sizes[i]);
			}
			for (int nr = 0; nr < 70; nr++)
				assert_int_equal(((unsigned char *)live[nr])[sizes[i] - 1], nr);
			check(cachep, live, 70);
			free_all(cachep, 0, live, 70);
		}
}

static void colours_take_turns(void **state)
{
	struct slab_topology t = {.cpus = 1, .nodes = 1, .limit = 1, .batchcount = 1};
	struct kmem_cache *cachep = slab_virtual_create("test", 320, 64, 0, NULL, &t);
	void *live[400];
	unsigned seen = 0;

	(void)state;
	assert_true(cachep->colour > 1);
	for (unsigned i = 0; i < 10 * cachep->num; i++) {
		live[i] = slab_virtual_alloc(cachep, 0, 0);
		seen |= 1u << slab_colour(cachep, virt_to_slab(live[i]));
	}
	assert_int_equal(seen, (1u << cachep->colour) - 1);
	free_all(cachep, 0, live, 10 * cachep->num);
}

static void bad_arguments(void **state)
{
	static const struct slab_topology bad[] = {
		{.cpus = 4097, .nodes = 1},
		{.cpus = 1, .nodes = 0},
		{.cpus = 1, .nodes = SLAB_NODES_MAX + 1},
		{.cpus = 1, .nodes = 1, .limit = SLAB_LIMIT_MAX + 1, .batchcount = 1},
		{.cpus = 1, .nodes = 1, .limit = 10, .batchcount = 11},
		{.cpus = 1, .nodes = 1, .limit = 10, .batchcount = 0},
		{.cpus = 1,
		 .nodes = 1,
		 .limit = 10,
		 .batchcount = 5,
		 .sharedfactor = SLAB_SHAREDFACTOR_MAX + 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		errno = 0;
		assert_null(slab_virtual_create("x", SIZE, 0, 0, NULL, &bad[i]));
		assert_int_equal(errno, EINVAL);
	}
	errno = 0;
	assert_null(kmem_cache_create("x", 0, 0, 0, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(kmem_cache_create("x", (1 << 20) + 1, 0, 0, NULL));
	assert_null(kmem_cache_create("x", 64, 3, 0, NULL));
	assert_null(kmem_cache_create("x", 64, 8192, 0, NULL));
	assert_null(kmem_cache_create("", 64, 0, 0, NULL));
	assert_null(slab_cache_create_abi(SLAB_ABI + 1, "x", 64, 0, 0, NULL));
	assert_int_equal(errno, EINVAL);
}

/* Without CPUs it is a real cache, with the given tunables. */
static void without_cpus_it_is_real(void **state)
{
	const struct slab_topology real = {.nodes = 1, .limit = 10, .batchcount = 5};
	struct kmem_cache *cachep = slab_virtual_create("x", SIZE, 0, 0, NULL, &real);
	void *object;

	(void)state;
	assert_non_null(cachep);
	object = kmem_cache_alloc(cachep, 0);
	assert_non_null(object);
	assert_int_equal(slab_virtual_layout(cachep).limit, 10);
	kmem_cache_free(cachep, object);
	kmem_cache_destroy(cachep);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pure_allocs),
		cmocka_unit_test(order_of_origins),
		cmocka_unit_test(partial_before_free),
		cmocka_unit_test(lists_of_a_slab),
		cmocka_unit_test(flush_gives_the_oldest),
		cmocka_unit_test(free_limit),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(sizes_alignments_colours),
		cmocka_unit_test(colours_take_turns),
		cmocka_unit_test(bad_arguments),
		cmocka_unit_test(without_cpus_it_is_real),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
