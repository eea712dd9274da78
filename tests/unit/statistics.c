// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The statistics of a comparison, beside known results. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "compare/statistics.h"

#include <cmocka.h>

/* The interval of a mean of independent values has the width of Student's, with five waves. */
static void interval_is_as_wide_as_known(void **state)
{
	struct statistics_ratio r;
	struct estimate e;
	double squares = 0;

	(void)state;
	for (int i = 0; i < STATISTICS_PARTS; i++) {
		r.above[i] = 0.5;
		for (int number = 1; number <= STATISTICS_WAVES; number++)
			r.above[i] += (number % 2 ? 0.01 : -0.01) * sqrt(2.0 / STATISTICS_PARTS) *
				      cos(M_PI * number * (i + 0.5) / STATISTICS_PARTS);
		r.below[i] = 1;
	}
	/* Each wave has a projection of 0.01; a memory of the load can only make it more. */
	squares = 0.01 * STATISTICS_PARTS / (STATISTICS_PARTS - 1);
	e = statistics_share(&r, 1);
	assert_float_equal(e.value, 0.5, 1e-9);
	assert_float_equal(e.high - e.value, e.value - e.low, 1e-6);
	assert_true(e.high - e.value >= 2.571 * squares / sqrt(STATISTICS_PARTS));
	/* Values that alternate have no memory, and waves do not see them. */
	for (int i = 0; i < STATISTICS_PARTS; i++)
		r.above[i] = i % 2 ? 0.4 : 0.6;
	e = statistics_share(&r, 1);
	assert_true(e.high - e.low < 0.02);
}

/* The difference of two quantities that vary together does not vary. */
static void differences_are_of_the_same_parts(void **state)
{
	struct statistics_ratio a, b;
	struct estimate e;

	(void)state;
	for (int i = 0; i < STATISTICS_PARTS; i++) {
		a.above[i] = i * i + 1;
		b.above[i] = i * i;
		a.below[i] = b.below[i] = 1;
	}
	e = statistics_difference(&a, &b, 1);
	assert_float_equal(e.value, 1, 1e-9);
	assert_float_equal(e.low, 1, 1e-9);
	assert_float_equal(e.high, 1, 1e-9);
}

/* Nothing is said of a load that came at once, or of what never happened. */
static void few_parts_have_no_interval(void **state)
{
	struct statistics_ratio r = {{0}, {0}};

	(void)state;
	for (int i = 0; i < STATISTICS_PARTS_LEAST - 1; i++) {
		r.above[3 * i] = i;
		r.below[3 * i] = 100;
	}
	assert_float_equal(statistics_share(&r, 1000).value, 40, 1e-9);
	assert_true(isnan(statistics_share(&r, 1000).low));
	r.above[39] = 1;
	r.below[39] = 100;
	assert_false(isnan(statistics_share(&r, 1000).low));
	r.above[38] = 10000;
	r.below[38] = 100000;
	assert_true(isnan(statistics_share(&r, 1000).low));
	for (int i = 0; i < STATISTICS_PARTS; i++)
		r = (struct statistics_ratio){{0}, {[0 ... STATISTICS_PARTS - 1] = 100}};
	assert_float_equal(statistics_share(&r, 1).value, 0, 0);
	assert_true(isnan(statistics_share(&r, 1).low));
}

/* A percentile q needs 3 / (1 - q) values. */
static void percentiles_of_few_values_are_unknown(void **state)
{
	static const double q[] = {0.5, 0.9, 0.99, 0.999};
	static const unsigned least[] = {6, 30, 300, 3000};
	static struct hist slice[STATISTICS_PARTS];
	unsigned nr = 0;

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct estimate e[4];

		for (; nr < least[i] - 1; nr++)
			hist_record(&slice[nr % STATISTICS_PARTS], 1000);
		statistics_percentiles(slice, q, 4, e);
		assert_true(isnan(e[i].value));
		hist_record(&slice[nr++ % STATISTICS_PARTS], 1000);
		statistics_percentiles(slice, q, 4, e);
		for (int j = 0; j < 4; j++)
			assert_int_equal(isnan(e[j].value), j > i);
	}
}

/* An end of an interval beyond all values is unknown. */
static void intervals_of_percentiles_end_within_the_values(void **state)
{
	static const double q[] = {0.5, 0.99};
	static struct hist slice[STATISTICS_PARTS];
	struct estimate e[2];

	(void)state;
	for (int i = 0; i < STATISTICS_PARTS; i++)
		for (int n = 0; n < 10; n++)
			hist_record(&slice[i], n ? 100 : 200);
	statistics_percentiles(slice, q, 2, e);
	assert_float_equal(e[0].value, 100, 5);
	assert_float_equal(e[0].low, e[0].value, 0); /* all within one bucket */
	assert_float_equal(e[0].high, e[0].value, 0);
	assert_float_equal(e[1].value, 200, 10);
	assert_true(isnan(e[1].low) && isnan(e[1].high));
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
	struct estimate e = statistics_subtract((struct estimate){300, 250, 350}, 100);

	(void)state;
	assert_float_equal(e.value, 200, 0);
	assert_float_equal(e.low, 150, 0);
	assert_float_equal(e.high, 250, 0);
	e = statistics_subtract((struct estimate){50, 40, 60}, 100);
	assert_float_equal(e.value, 0, 0);
	assert_float_equal(e.high, 0, 0);
	assert_true(isnan(statistics_subtract(estimate_unknown, 1).value));
	assert_float_equal(statistics_subtract((struct estimate){3, 2, 4}, NAN).value, 3, 0);
	assert_false(statistics_apart((struct estimate){1, 0, 2}, (struct estimate){3, 2, 4}));
	assert_true(statistics_apart((struct estimate){1, 0, 2}, (struct estimate){3, 2.5, 4}));
	assert_false(statistics_apart(estimate_unknown, (struct estimate){3, 2.5, 4}));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(interval_is_as_wide_as_known),
		cmocka_unit_test(differences_are_of_the_same_parts),
		cmocka_unit_test(few_parts_have_no_interval),
		cmocka_unit_test(percentiles_of_few_values_are_unknown),
		cmocka_unit_test(intervals_of_percentiles_end_within_the_values),
		cmocka_unit_test(runs_by_student),
		cmocka_unit_test(constants_are_subtracted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
