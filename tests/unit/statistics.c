// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The statistics of a comparison, beside known results. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "compare/statistics.h"

#include <cmocka.h>

static void draws_are_fair(void **state)
{
	static struct statistics s;
	unsigned sum[STATISTICS_SLICES] = {0};

	(void)state;
	statistics_init(&s);
	for (int r = 0; r < STATISTICS_REPLICATES; r++) {
		unsigned drawn = 0;

		for (int i = 0; i < STATISTICS_SLICES; i++) {
			drawn += s.weight[r][i];
			sum[i] += s.weight[r][i];
		}
		assert_int_equal(drawn, STATISTICS_SLICES);
	}
	/* Each about 1,000 times, with a standard deviation of 31. */
	for (int i = 0; i < STATISTICS_SLICES; i++)
		assert_in_range(sum[i], STATISTICS_REPLICATES - 140, STATISTICS_REPLICATES + 140);
}

/*
 * The interval of the mean of values with a standard deviation of 1 has a width of about 2 * 1.96 /
 * sqrt(40).
 */
static void interval_is_as_wide_as_known(void **state)
{
	static struct statistics s;
	struct statistics_ratio r;
	struct estimate e;

	(void)state;
	statistics_init(&s);
	for (int i = 0; i < STATISTICS_SLICES; i++) {
		r.above[i] = 10 + (i % 2 ? 1 : -1);
		r.below[i] = 1;
	}
	e = statistics_ratio(&s, &r, 1);
	assert_float_equal(e.value, 10, 1e-9);
	assert_float_equal(e.high - e.low, 2 * 1.96 / sqrt(STATISTICS_SLICES), 0.08);
	assert_true(e.low < 10 && e.high > 10);
}

/* The difference of two quantities that vary together does not vary. */
static void differences_are_of_the_same_parts(void **state)
{
	static struct statistics s;
	struct statistics_ratio a, b;
	struct estimate e;

	(void)state;
	statistics_init(&s);
	for (int i = 0; i < STATISTICS_SLICES; i++) {
		a.above[i] = i * i + 1;
		b.above[i] = i * i;
		a.below[i] = b.below[i] = 1;
	}
	e = statistics_difference(&s, &a, &b, 1);
	assert_float_equal(e.value, 1, 1e-9);
	assert_float_equal(e.low, 1, 1e-9);
	assert_float_equal(e.high, 1, 1e-9);
}

static void runs_by_student(void **state)
{
	const double same[] = {100, 100, 100}, one[] = {7}, three[] = {90, 100, 110, NAN};
	struct estimate e = statistics_runs(same, 3);
	double spread;

	(void)state;
	assert_float_equal(e.value, 100, 1e-6);
	assert_float_equal(e.high - e.low, 0, 1e-6);
	e = statistics_runs(one, 1);
	assert_float_equal(e.value, 7, 1e-6);
	assert_true(isnan(e.low) && isnan(e.high));
	e = statistics_runs(three, 4);
	/* The standard deviation of the logarithms is .1004; t of 2 degrees of freedom is 4.303. */
	spread = exp(4.303 * 0.10041 / sqrt(3));
	assert_float_equal(e.value, 99.666, 0.01);
	assert_float_equal(e.high / e.value, spread, 0.001);
	assert_float_equal(e.value / e.low, spread, 0.001);
	assert_true(isnan(statistics_runs(three + 3, 1).value));
}

static void constants_are_subtracted(void **state)
{
	struct estimate e = statistics_subtract((struct estimate){300, 250, 350},
						(struct estimate){100, 90, 120});

	(void)state;
	assert_float_equal(e.value, 200, 0);
	assert_float_equal(e.low, 130, 0);
	assert_float_equal(e.high, 260, 0);
	e = statistics_subtract((struct estimate){50, 40, 60}, (struct estimate){100, 90, 120});
	assert_float_equal(e.value, 0, 0);
	assert_float_equal(e.high, 0, 0);
	assert_true(isnan(statistics_subtract(estimate_unknown, (struct estimate){1, 1, 1}).value));
	assert_false(statistics_apart((struct estimate){1, 0, 2}, (struct estimate){3, 2, 4}));
	assert_true(statistics_apart((struct estimate){1, 0, 2}, (struct estimate){3, 2.5, 4}));
	assert_false(statistics_apart(estimate_unknown, (struct estimate){3, 2.5, 4}));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_are_fair),
		cmocka_unit_test(interval_is_as_wide_as_known),
		cmocka_unit_test(differences_are_of_the_same_parts),
		cmocka_unit_test(runs_by_student),
		cmocka_unit_test(constants_are_subtracted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
