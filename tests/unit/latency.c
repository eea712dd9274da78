// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * latency.c: percentiles and differences of histograms, against the plain definition over all
 * buckets.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/latency.h"

#include <cmocka.h>

#define ROUNDS 4000

static uint64_t state = 1;

static uint64_t random_below(uint64_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (state >> 33) % n;
}

/* Adds values around an octave, at times in the first or last bucket. */
static void record_some(struct hist *h)
{
	uint64_t around = 1ull << random_below(30);

	for (uint64_t nr = random_below(60); nr; nr--)
		hist_record(h, random_below(40)
				       ? around + random_below(around * (1 + random_below(9)))
			       : random_below(2) ? random_below(3)
						 : UINT64_MAX / 2 - random_below(9));
}

static double percentile(const struct hist *h, double q)
{
	uint64_t rank = (uint64_t)ceil(q * (double)h->count), seen = 0;

	for (int i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen && seen >= rank)
			return i == HIST_BUCKETS - 1
				       ? (double)h->max
				       : fmin(i ? exp2((i - 0.5) / 8) : 1, (double)h->max);
	}
	return NAN;
}

/* before is NULL where all of after is new. */
static struct hist difference(const struct hist *before, const struct hist *after)
{
	struct hist d = *after;
	int highest = -1;

	if (!before)
		return d;
	d.count -= before->count;
	for (int i = 0; i < HIST_BUCKETS; i++) {
		d.bucket[i] -= before->bucket[i];
		highest = d.bucket[i] ? i : highest;
	}
	if (before->max >= after->max && highest >= 0 && highest < HIST_BUCKETS - 1 &&
	    exp2(highest / 8.0) < (double)d.max)
		d.max = (uint64_t)exp2(highest / 8.0);
	return d;
}

static void assert_latency(const struct latency *l, const struct hist *h)
{
	assert_int_equal(l->count, h->count);
	if (!h->count)
		return;
	assert_true(l->p50 == percentile(h, 0.5));
	assert_true(l->p90 == percentile(h, 0.9));
	assert_true(l->p99 == percentile(h, 0.99));
	assert_true(l->p999 == percentile(h, 0.999));
	assert_int_equal(l->max, h->max);
}

static struct snapshot snapshot;
static struct snap_cache *cache;

static int setup(void **arg)
{
	(void)arg;
	cache = snapshot_add_cache(snapshot_add_side(&snapshot, SIDE_KERNEL, 1), 1, "one");
	return cache ? 0 : -1;
}

static int teardown(void **arg)
{
	(void)arg;
	snapshot_free(&snapshot);
	return 0;
}

static struct latency between(const struct hist *before, const struct hist *after)
{
	struct cpu_hist *b = before ? hist_cpu_of(cache->rooms, before) : NULL,
			*a = hist_cpu_of(cache->rooms, after);
	struct latency of_cpu, whole;
	struct hist round;

	assert_non_null(a);
	assert_int_equal(a->first % 8, 0);
	assert_int_equal(a->nr % 8, 0);
	of_cpu = latency_between_cpu(b, a);
	whole = latency_between(before, after, &round);
	assert_int_equal(of_cpu.count, whole.count);
	assert_true(!whole.count || !memcmp(&of_cpu, &whole, sizeof(whole)));
	assert_int_equal(round.count, whole.count);
	return whole;
}

static void as_defined(void **arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct hist before = {0}, after, d;
		struct latency l;

		if (i % 4)
			record_some(&before);
		after = before;
		if (i % 3)
			record_some(&after);
		if (i % 3 == 2)
			record_some(&after);
		d = difference(&before, &after);
		l = between(&before, &after);
		assert_latency(&l, &d);
		l = between(NULL, &after);
		assert_latency(&l, &after);
		if (after.count)
			assert_true(latency_percentile(&after, 0.9) == percentile(&after, 0.9));
	}
}

/* A bucket or a count that fell: all of after belongs to the interval. */
static void begun_anew(void **arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct hist before = {0}, after = {0};
		struct latency l;

		record_some(&after);
		if (!after.count)
			continue;
		before = after;
		for (int b = 0; b < HIST_BUCKETS; b++) {
			if (!before.bucket[b] || random_below(2))
				continue;
			/* In another bucket, so that the count stays. */
			before.bucket[b]--;
			before.bucket[b ? b - 1 : 1]++;
			break;
		}
		if (!memcmp(before.bucket, after.bucket, sizeof(before.bucket)))
			continue;
		l = between(&before, &after);
		assert_latency(&l, &after);
		hist_record(&before, 5);
		l = between(&before, &after);
		assert_latency(&l, &after);
	}
}

static void nothing(void **arg)
{
	const struct hist none = {0};

	(void)arg;
	assert_true(isnan(latency_percentile(&none, 0.5)));
	assert_int_equal(latency_of(&none).count, 0);
	assert_int_equal(between(NULL, &none).count, 0);
	assert_int_equal(between(&none, &none).count, 0);
	assert_int_equal(latency_between_cpu(NULL, NULL).count, 0);
}

/* They are side by side in a shared allocation. */
static void many(void **arg)
{
	struct cpu_hist *h[3000];
	struct hist of[3] = {0};

	(void)arg;
	for (int i = 0; i < 3; i++)
		while (of[i].count < 20)
			record_some(&of[i]);
	for (int i = 0; i < 3000; i++)
		assert_non_null(h[i] = hist_cpu_of(cache->rooms, &of[i % 3]));
	for (int i = 0; i < 3000; i++) {
		struct hist sum = {0};

		hist_add_cpu(&sum, h[i]);
		assert_memory_equal(&sum, &of[i % 3], sizeof(sum));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(as_defined, setup, teardown),
		cmocka_unit_test_setup_teardown(begun_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
