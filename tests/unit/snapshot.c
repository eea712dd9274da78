// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Snapshots: growing, sorting, summing, freeing; histograms; failures. */
#include <errno.h>

#include "fabricate.h"
#undef fail /* cmocka's, for the tool's own */
#include "base/failure.h"
#include "../../alloc/slab_registry.h"

static void arrays_grow_and_keep(void **state)
{
	struct snapshot s = snapshot_at(1);
	struct snap_side *side = add_side(&s, SIDE_KERNEL, 1);
	char name[32];

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "cache-%u", (unsigned)i);
		assert_non_null(snapshot_add_cache(side, i, name));
	}
	assert_int_equal(side->nr_caches, 1000);
	for (uint64_t i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "cache-%u", (unsigned)i);
		assert_string_equal(side->cache[i].name, name);
		assert_int_equal(side->cache[i].id, i);
		assert_int_equal(side->cache[i].counts_known, 0);
	}
	snapshot_free(&s);
	assert_null(s.side);
	assert_int_equal(s.nr_sides, 0);
}

static void the_same_side_is_added_once(void **state)
{
	struct snapshot s = snapshot_at(1);

	(void)state;
	add_side(&s, SIDE_KERNEL, 7);
	add_side(&s, SIDE_REFERENCE, 7);
	add_side(&s, SIDE_KERNEL, 7);
	assert_int_equal(s.nr_sides, 2);
	snapshot_free(&s);
}

/* As seen: all objects of a cache active by slabinfo, and nearly all free in CPU caches. */
static void cached_objects_are_not_active(void **state)
{
	struct snap_cache c = {.gauges_known = GAUGE_BIT(GAUGE_SLABINFO_ACTIVE)};

	(void)state;
	c.gauge[GAUGE_SLABINFO_ACTIVE] = 231;
	snapshot_set_active(&c);
	assert_false(c.gauges_known & GAUGE_BIT(GAUGE_ACTIVE_OBJECTS));
	c.gauge[GAUGE_CACHED_OBJECTS] = 229;
	c.gauges_known |= GAUGE_BIT(GAUGE_CACHED_OBJECTS);
	snapshot_set_active(&c);
	assert_true(c.gauges_known & GAUGE_BIT(GAUGE_ACTIVE_OBJECTS));
	assert_int_equal(c.gauge[GAUGE_ACTIVE_OBJECTS], 2);
	c.gauge[GAUGE_CACHED_OBJECTS] = 232; /* read a moment later */
	snapshot_set_active(&c);
	assert_int_equal(c.gauge[GAUGE_ACTIVE_OBJECTS], 0);
	c.gauges_known &= ~GAUGE_BIT(GAUGE_SLABINFO_ACTIVE);
	snapshot_set_active(&c);
	assert_false(c.gauges_known & GAUGE_BIT(GAUGE_ACTIVE_OBJECTS));
}

static void long_names_are_cut(void **state)
{
	struct snapshot s = snapshot_at(1);
	char name[sizeof(s.missing->why) + 10];
	struct snap_cache *c;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	c = snapshot_add_cache(add_side(&s, SIDE_KERNEL, 1), 1, name);
	assert_int_equal(strlen(c->name), sizeof(c->name) - 1);
	assert_int_equal(snapshot_add_missing(&s, name, name, name), 0);
	assert_int_equal(snapshot_add_missing(&s, name, "another reason", ""), 0);
	assert_int_equal(s.nr_missing, 1);
	assert_int_equal(strlen(s.missing[0].why), sizeof(s.missing[0].why) - 1);
	snapshot_free(&s);
}

static void cpus_are_sorted_and_summed(void **state)
{
	static const uint32_t order[] = {5, 2, 9, 0, 7};
	static const uint64_t ns[] = {100, 2000, 300};
	struct snapshot s = snapshot_at(1);
	struct snap_cache *c = add_cache(add_side(&s, SIDE_KERNEL, 1), 1, "filp");

	(void)state;
	for (size_t i = 0; i < 5; i++)
		add_cpu(c, order[i], 10 * order[i], ns, i < 3 ? i + 1 : 0);
	add_cpu(c, 9, 1, ns, 1); /* again: the two are joined */
	finish(c);
	assert_int_equal(c->nr_cpus, 5);
	for (size_t i = 1; i < c->nr_cpus; i++)
		assert_true(c->cpu[i - 1].cpu < c->cpu[i].cpu);
	assert_int_equal(c->total[COUNT_HITS], 10 * (5 + 2 + 9 + 0 + 7) + 1);
	assert_int_equal(c->total[COUNT_REFILLS], 7);
	assert_int_equal(c->refill_ns->count, 7);
	assert_int_equal(c->refill_ns->max, 2000);
	assert_int_equal(c->refill_ns->sum, 4 * 100 + 2 * 2000 + 300);
	finish(c); /* again gives the same */
	assert_int_equal(c->total[COUNT_REFILLS], 7);
	assert_int_equal(c->refill_ns->count, 7);
	snapshot_free(&s);
}

static void totals_without_cpus_stand(void **state)
{
	struct snapshot s = snapshot_at(1);
	struct snap_cache *c = add_cache(add_side(&s, SIDE_KERNEL, 1), 1, "filp");

	(void)state;
	c->cpus_known = false;
	c->total[COUNT_ALLOCS] = 42;
	finish(c);
	assert_int_equal(c->total[COUNT_ALLOCS], 42);
	snapshot_free(&s);
}

static void buckets_hold_what_they_say(void **state)
{
	struct hist h = {0};
	static const uint64_t values[] = {0, 1, 2, 3, 1000, 1ull << 40, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		hist_record(&h, values[i]);
	assert_int_equal(h.bucket[0], 2);  /* 0 and 1 */
	assert_int_equal(h.bucket[8], 1);  /* 2 */
	assert_int_equal(h.bucket[80], 1); /* 1000: 2^(79/8) < 1000 <= 1024 */
	assert_int_equal(h.bucket[HIST_BUCKETS - 1], 2);
	assert_true(h.max == UINT64_MAX);
}

/* The numbers are an ABI between libslab and the tool. */
static void origins_are_the_registrys(void **state)
{
	static const struct {
		int tool, registry;
		const char *name;
	} pairs[] = {
		{ORIGIN_SHARED, SLAB_ORIGIN_SHARED, "shared"},
		{ORIGIN_PARTIAL, SLAB_ORIGIN_PARTIAL, "partial"},
		{ORIGIN_FREE, SLAB_ORIGIN_FREE, "free"},
		{ORIGIN_CPU_SLAB, SLAB_ORIGIN_CPU_SLAB, "cpu_slab"},
		{ORIGIN_CPU_PARTIAL, SLAB_ORIGIN_CPU_PARTIAL, "cpu_partial"},
		{ORIGIN_SPARE, SLAB_ORIGIN_SPARE, "spare"},
		{ORIGIN_BARN, SLAB_ORIGIN_BARN, "barn"},
		{ORIGIN_REMOTE, SLAB_ORIGIN_REMOTE, "remote"},
		{ORIGIN_GROWN, SLAB_ORIGIN_GROWN, "grown"},
		{ORIGIN_FAILED, SLAB_ORIGIN_FAILED, "failed"},
		{ORIGIN_UNEXPLAINED, SLAB_ORIGIN_UNEXPLAINED, "unexplained"},
	};

	(void)state;
	assert_int_equal(sizeof(pairs) / sizeof(*pairs), ORIGINS);
	assert_int_equal((int)ORIGINS, (int)SLAB_ORIGINS);
	for (int i = 0; i < ORIGINS; i++) {
		assert_int_equal(pairs[i].tool, pairs[i].registry);
		assert_string_equal(origin_rows[pairs[i].tool].key, pairs[i].name);
	}
}

static void the_first_failure_is_kept(void **state)
{
	struct failure f = {""};

	(void)state;
	assert_int_equal(fail(&f, EACCES, "no %s\nfor %d", "way", 7), -EACCES);
	assert_string_equal(f.text, "no way for 7"); /* one line */
	assert_int_equal(fail(&f, EIO, "and so on"), -EIO);
	assert_string_equal(f.text, "no way for 7");
	assert_int_equal(fail(NULL, EIO, "unheard"), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_grow_and_keep),
		cmocka_unit_test(the_same_side_is_added_once),
		cmocka_unit_test(cached_objects_are_not_active),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(cpus_are_sorted_and_summed),
		cmocka_unit_test(totals_without_cpus_stand),
		cmocka_unit_test(buckets_hold_what_they_say),
		cmocka_unit_test(origins_are_the_registrys),
		cmocka_unit_test(the_first_failure_is_kept),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
