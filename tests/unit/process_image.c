// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* process_image.c: which counts belong together, when a cache has ended, and what is shown. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "model/choice.h" /* before cmocka, which has a macro fail() */
#include <cmocka.h>

#include "reference/process_image.h"

static const struct choice everything;

static struct process_images all;
static struct slab_registry_cpu block[2];
static struct registry_cache listed[2];

static int teardown(void **state)
{
	(void)state;
	process_images_free(&all);
	return 0;
}

/* A reading of up to two caches, generations 10 and 11, with so many hits on CPU 1. */
static struct registry_reading reading(size_t caches, uint64_t hits)
{
	memset(listed, 0, sizeof(listed));
	memset(block, 0, sizeof(block));
	block[1].state = hits << 16;
	block[1].counters.refills = hits / 100;
	for (unsigned i = 0; i < 2; i++) {
		struct slab_registry_entry *e = &listed[i].entry;

		e->generation = 10 + i;
		e->nr_cpus = 2;
		e->object_size = 64;
		e->num = 63;
		e->slab_pages = 1;
		snprintf(e->name, sizeof(e->name), "cache-%u", i);
		listed[i].cpu = block;
		listed[i].gauges = (struct slab_registry_gauges){4, 3, 2, 100, 20, {0}};
	}
	return (struct registry_reading){
		.pid = 5, .page_size = 4096, .cache = listed, .nr_caches = caches};
}

static const struct ref_hist *no_hist(uint32_t hist, void *arg)
{
	(void)hist, (void)arg;
	return NULL;
}

static struct ref_image key(uint32_t tgid, uint32_t exec)
{
	return (struct ref_image){.tgid = tgid, .exec = exec};
}

static void counts_find_their_image(void **state)
{
	struct process_image *old = process_images_add(&all, 5, 100, "old"), *new;
	struct ref_image first = key(5, 7), second = key(5, 8), other = key(6, 7);

	(void)state;
	/* Unknown after which exec() it began: the living image takes the counts. */
	assert_ptr_equal(process_images_match(&all, &first, 100), old);
	assert_null(process_images_match(&all, &first, 101));
	assert_null(process_images_match(&all, &other, 100));
	old->key = first;
	old->exec_known = true;
	assert_null(process_images_match(&all, &second, 100));

	old->ended = true;
	assert_null(process_images_live(&all, 5, 100));
	new = process_images_add(&all, 5, 100, "new");
	assert_ptr_equal(process_images_live(&all, 5, 100), new);
	assert_ptr_equal(process_images_match(&all, &first, 100), old);
	assert_ptr_equal(process_images_match(&all, &second, 100), new);
	assert_true(old->id != new->id);
}

static void caches_and_cpus_are_found_again(void **state)
{
	struct process_image *image = process_images_add(&all, 5, 100, "x");
	struct image_cache *cache[100];
	unsigned step = 37;

	(void)state;
	for (unsigned i = 0; i < 100; i++) { /* in random order */
		unsigned n = i * step % 100;

		cache[n] = process_image_find_cache(&all, image, n % 3, n / 3);
		assert_non_null(cache[n]);
	}
	assert_int_equal(image->nr_caches, 100);
	for (unsigned n = 0; n < 100; n++)
		assert_ptr_equal(process_image_find_cache(&all, image, n % 3, n / 3), cache[n]);
	assert_int_equal(image->nr_caches, 100);

	for (uint32_t cpu = 0; cpu < 50; cpu++)
		assert_int_equal(process_image_find_cpu(image, cache[0], cpu * 7 % 50)->cpu,
				 cpu * 7 % 50);
	assert_int_equal(cache[0]->nr_cpus, 50);
	for (uint32_t cpu = 0; cpu < 50; cpu++)
		assert_int_equal(cache[0]->cpu[cpu]->cpu, cpu);
}

static void rows_are_bounded(void **state)
{
	struct process_image *image = process_images_add(&all, 5, 100, "x");
	struct image_cache *cache = NULL;
	uint32_t row;

	(void)state;
	for (row = 0; row < IMAGE_MAX_ROWS; row++) {
		if (row % 8192 == 0)
			cache = process_image_find_cache(&all, image, 1, row);
		assert_non_null(process_image_find_cpu(image, cache, row % 8192));
	}
	cache = process_image_find_cache(&all, image, 1, row);
	assert_null(process_image_find_cpu(image, cache, 0));
	process_image_drop_cache(image, 0);
	assert_non_null(process_image_find_cpu(image, image->cache[image->nr_caches - 1], 0));
}

static void a_reading_is_shown(void **state)
{
	struct process_image *image = process_images_add(&all, 5, 100, "a\x1b program");
	struct registry_reading r = reading(2, 5000);
	struct snapshot s = {0};

	(void)state;
	image->attached = true;
	assert_int_equal(process_image_add_reading(&all, image, 1, &r), 0);
	assert_int_equal(process_image_show(image, &s, &everything, no_hist, NULL), 0);
	assert_int_equal(s.nr_sides, 1);
	assert_int_equal(s.side[0].kind, SIDE_REFERENCE);
	assert_string_equal(s.side[0].comm, "a? program");
	assert_false(s.side[0].gone);
	assert_int_equal(s.side[0].nr_caches, 2);
	assert_string_equal(s.side[0].cache[0].name, "cache-0");
	assert_int_equal(s.side[0].cache[0].nr_cpus, 1); /* CPU 0 has no counts */
	assert_int_equal(s.side[0].cache[0].cpu[0].cpu, 1);
	assert_int_equal(s.side[0].cache[0].total[COUNT_HITS], 5000);
	assert_int_equal(s.side[0].cache[0].gauge[GAUGE_OBJECTS], 9 * 63);
	assert_int_equal(s.side[0].cache[0].gauge[GAUGE_CACHED_OBJECTS], 20);
	assert_int_equal(s.side[0].cache[0].gauge[GAUGE_ACTIVE_OBJECTS], 9 * 63 - 120);
	assert_int_equal(s.side[0].cache[0].gauge[GAUGE_SLABINFO_ACTIVE], 9 * 63 - 100);
	assert_int_equal(s.side[0].cache[0].gauge[GAUGE_BYTES], 9 * 4096);
	assert_true(s.side[0].cache[0].latency_known);
	snapshot_free(&s);
}

static void nonsense_in_gauges_does_not_wrap(void **state)
{
	struct process_image *image = process_images_add(&all, 5, 100, "x");
	struct registry_reading r = reading(1, 5000);
	struct snapshot s = {0};

	(void)state;
	listed[0].gauges.free_objects = 1ull << 60;
	assert_int_equal(process_image_add_reading(&all, image, 1, &r), 0);
	assert_int_equal(process_image_show(image, &s, &everything, no_hist, NULL), 0);
	assert_int_equal(s.side[0].cache[0].gauge[GAUGE_ACTIVE_OBJECTS], 0);
	snapshot_free(&s);
}

static void without_caches_nothing_is_shown(void **state)
{
	struct process_image *image = process_images_add(&all, 5, 100, "x");
	struct registry_reading r = reading(0, 0);
	struct snapshot s = {0};

	(void)state;
	assert_int_equal(process_image_add_reading(&all, image, 1, &r), 0);
	assert_int_equal(process_image_show(image, &s, &everything, no_hist, NULL), 0);
	assert_int_equal(s.nr_sides, 0);
	snapshot_free(&s);
}

static void a_cache_ends_when_it_is_destroyed(void **state)
{
	struct process_image *image = process_images_add(&all, 5, 100, "x");
	struct registry_reading both = reading(2, 5000), one = both;

	(void)state;
	one.nr_caches = 1;
	image->attached = true;
	assert_int_equal(process_image_add_reading(&all, image, 1, &both), 0);
	assert_false(process_image_cache_ended(image, image->cache[1]));
	/* Its entry goes; its final counts may follow. */
	assert_int_equal(process_image_add_reading(&all, image, 1, &one), 0);
	assert_false(process_image_cache_ended(image, image->cache[1]));
	image->cache[1]->seen |= REF_SEEN_DESTROY;
	assert_true(process_image_cache_ended(image, image->cache[1]));
	assert_false(process_image_cache_ended(image, image->cache[0]));
	/* They do not follow: it has ended anyway. */
	image->cache[1]->seen = 0;
	assert_int_equal(process_image_add_reading(&all, image, 1, &one), 0);
	assert_true(process_image_cache_ended(image, image->cache[1]));
	/* Without probes no final counts follow. */
	assert_int_equal(process_image_add_reading(&all, image, 1, &both), 0);
	image->attached = false;
	assert_int_equal(process_image_add_reading(&all, image, 1, &one), 0);
	assert_true(process_image_cache_ended(image, image->cache[1]));
	image->ended = true;
	assert_true(process_image_cache_ended(image, image->cache[0]));
}

/* An invented cache: a complete registry will never list it. */
static void a_cache_that_is_never_listed_goes(void **state)
{
	struct process_image *image = process_images_add(&all, 5, 100, "x");
	struct registry_reading r = reading(1, 5000);
	struct image_cache *phantom = process_image_find_cache(&all, image, 1, 99);

	(void)state;
	image->attached = true;
	assert_int_equal(process_image_add_reading(&all, image, 1, &r), 0);
	assert_false(process_image_cache_ended(image, phantom));
	assert_int_equal(process_image_add_reading(&all, image, 1, &r), 0);
	assert_true(process_image_cache_ended(image, phantom));

	/* A full table may have left it out. */
	phantom->absent = 0;
	r.unlisted = 1;
	for (int i = 0; i < 5; i++)
		assert_int_equal(process_image_add_reading(&all, image, 1, &r), 0);
	assert_false(process_image_cache_ended(image, phantom));
}

static void a_process_found_late_shows_only_what_is_new(void **state)
{
	struct process_image *image = process_images_add(&all, 5, 100, "x");
	struct registry_reading r = reading(1, 5000);
	struct snapshot s = {0};

	(void)state;
	image->late = true;
	assert_int_equal(process_image_add_reading(&all, image, 1, &r), 0);
	r = reading(2, 6000); /* the second one was created meanwhile */
	assert_int_equal(process_image_add_reading(&all, image, 1, &r), 0);
	assert_int_equal(process_image_show(image, &s, &everything, no_hist, NULL), 0);
	assert_int_equal(s.side[0].cache[0].total[COUNT_HITS], 1000);
	assert_int_equal(s.side[0].cache[1].total[COUNT_HITS], 6000);
	snapshot_free(&s);
}

static void a_reading_that_says_less_is_stale(void **state)
{
	struct process_image *image = process_images_add(&all, 5, 100, "x");
	struct registry_reading r = reading(1, 5000);

	(void)state;
	assert_int_equal(process_image_add_reading(&all, image, 1, &r), 0);
	r = reading(1, 400);
	assert_int_equal(process_image_add_reading(&all, image, 1, &r), -ESTALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(counts_find_their_image, teardown),
		cmocka_unit_test_teardown(caches_and_cpus_are_found_again, teardown),
		cmocka_unit_test_teardown(rows_are_bounded, teardown),
		cmocka_unit_test_teardown(a_reading_is_shown, teardown),
		cmocka_unit_test_teardown(nonsense_in_gauges_does_not_wrap, teardown),
		cmocka_unit_test_teardown(without_caches_nothing_is_shown, teardown),
		cmocka_unit_test_teardown(a_cache_ends_when_it_is_destroyed, teardown),
		cmocka_unit_test_teardown(a_cache_that_is_never_listed_goes, teardown),
		cmocka_unit_test_teardown(a_process_found_late_shows_only_what_is_new, teardown),
		cmocka_unit_test_teardown(a_reading_that_says_less_is_stale, teardown),
	};

	return cmocka_run_group_tests_name("images", tests, NULL, NULL);
}
