// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* hist.c: buckets found without floating point, against their definition with it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../bpf/hist.h"

/* The definition: bucket i holds 2^((i-1)/8) < v <= 2^(i/8). */
static void assert_bucket(uint64_t v)
{
	unsigned bucket = hist_bucket(v);
	long double value = v;

	if (bucket < HIST_BUCKETS - 1 && value > exp2l(bucket / 8.0L))
		fail_msg("%llu is above its bucket %u", (unsigned long long)v, bucket);
	if (bucket > 0 && value <= exp2l((bucket - 1) / 8.0L))
		fail_msg("%llu is below its bucket %u", (unsigned long long)v, bucket);
}

static void small_values(void **state)
{
	(void)state;
	assert_int_equal(hist_bucket(0), 0);
	assert_int_equal(hist_bucket(1), 0);
	assert_int_equal(hist_bucket(2), 8);
	for (uint64_t v = 1; v < 100000; v++)
		assert_bucket(v);
}

/* Every bound, and its neighbours. */
static void bounds(void **state)
{
	(void)state;
	for (int i = 0; i < HIST_BUCKETS; i++) {
		uint64_t bound = floorl(exp2l(i / 8.0L));

		for (uint64_t v = bound > 2 ? bound - 2 : 1; v <= bound + 2; v++)
			assert_bucket(v);
	}
}

static void random_values(void **state)
{
	uint64_t v = 88172645463325252ull;

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		v ^= v << 13;
		v ^= v >> 7;
		v ^= v << 17;
		assert_bucket(v >> (i % 64));
	}
}

static void last_bucket(void **state)
{
	uint64_t last = floorl(exp2l((HIST_BUCKETS - 2) / 8.0L));

	(void)state;
	assert_int_equal(hist_bucket(last), HIST_BUCKETS - 2);
	assert_int_equal(hist_bucket(last + 1), HIST_BUCKETS - 1);
	assert_int_equal(hist_bucket(UINT64_MAX), HIST_BUCKETS - 1);
}

static void rises(void **state)
{
	unsigned before = 0;

	(void)state;
	for (uint64_t v = 1; v < 1ull << 40; v += v / 1000 + 1) {
		unsigned bucket = hist_bucket(v);

		assert_true(bucket >= before);
		before = bucket;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_values),	 cmocka_unit_test(bounds),
		cmocka_unit_test(random_values), cmocka_unit_test(last_bucket),
		cmocka_unit_test(rises),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
