// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How often intervals and verdicts hold, on simulated recordings whose truth is known: loads with
 * and without a memory. The seed is fixed, so each run gives the same result.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "compare/verdict.h"

#include <cmocka.h>

#define PARTS	   STATISTICS_PARTS
#define RECORDINGS 3000

static uint64_t random_state;

static void start(void)
{
	random_state = 88172645463325252u;
}

static double uniform(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return ((double)(random_state >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* Something that varies, of variance 1, with a correlation between neighbours. */
struct varying {
	double correlation, last;
};

static struct varying begin(double correlation)
{
	return (struct varying){correlation, normal()};
}

static double next(struct varying *v)
{
	double r = v->correlation;

	v->last = r * v->last + sqrt(1 - r * r) * normal();
	return v->last;
}

/* A load that is on or off, with a correlation between neighbours. */
static bool next_phase(bool *on, double correlation)
{
	if (uniform() < (1 - correlation) / 2)
		*on = !*on;
	return *on;
}

struct recording {
	struct statistics_ratio recorded, reference;
};

/* A difference of refills that varies slowly, with a mean of shift standard deviations. */
static void autoregressive(struct recording *r, double correlation, double shift)
{
	struct varying difference = begin(correlation);

	for (int i = 0; i < PARTS; i++) {
		r->recorded.below[i] = r->reference.below[i] = 1000;
		r->recorded.above[i] = 50 + normal();
		r->reference.above[i] = r->recorded.above[i] + 3 * (next(&difference) + shift);
	}
}

/* One phase has five times the allocations of the other, and each side is better in one of them. */
static void on_off(struct recording *r, double correlation, double shift)
{
	bool on = uniform() < 0.5;

	for (int i = 0; i < PARTS; i++) {
		int sign = next_phase(&on, correlation) ? 1 : -1;

		r->recorded.below[i] = r->reference.below[i] = on ? 1000 : 200;
		r->recorded.above[i] = (on ? 30 : 60) + normal();
		r->reference.above[i] = r->recorded.above[i] + 4 * (sign + shift);
	}
}

/* A load that pauses. */
static void on_idle(struct recording *r, double correlation, double shift)
{
	bool on = uniform() < 0.5;

	autoregressive(r, correlation, shift);
	for (int i = 0; i < PARTS; i++)
		if (!next_phase(&on, correlation))
			r->recorded.above[i] = r->recorded.below[i] = r->reference.above[i] =
				r->reference.below[i] = 0;
}

typedef void (*load)(struct recording *r, double correlation, double shift);

static const struct {
	const char *name;
	load make;
} loads[] = {{"AR(1)", autoregressive}, {"on/off", on_off}, {"on/idle", on_idle}};
static const double correlations[] = {0, 0.4, 0.6};

/* Returns the verdict on refills of one recording. */
static enum verdict judge(const struct recording *r)
{
	struct compare_cache c = {.kernel = true, .replayed = true};
	const struct verdict_terms terms = {.pair_known = true};

	c.recorded.counts_known = true;
	c.recorded.counts.refills = c.reference.counts.refills = 2000;
	c.recorded.latency.why_not = "";
	c.refills_difference = statistics_difference(&r->reference, &r->recorded, 1000);
	verdict_judge(&c, &terms);
	return c.refills;
}

/* The loads have the memory that they are to have. */
static void memory_is_as_stated(void **state)
{
	(void)state;
	start();
	for (size_t k = 0; k < 2; k++)
		for (size_t j = 0; j < 3; j++) {
			double squares = 0, products = 0;

			for (int n = 0; n < RECORDINGS; n++) {
				struct recording r;
				double before = 0;

				loads[k].make(&r, correlations[j], 0);
				for (int i = 0; i < PARTS; i++) {
					double d = r.reference.above[i] - r.recorded.above[i];

					squares += i ? d * d : 0;
					products += i ? d * before : 0;
					before = d;
				}
			}
			assert_float_equal(products / squares, correlations[j], 0.02);
		}
}

/* Equal sides: an interval of 95 % contains 0 so often, and a verdict is false so seldom. */
static void intervals_of_differences_hold(void **state)
{
	(void)state;
	start();
	for (size_t k = 0; k < sizeof(loads) / sizeof(*loads); k++)
		for (size_t j = 0; j < 3; j++) {
			int held = 0, judged = 0;

			for (int n = 0; n < RECORDINGS; n++) {
				enum verdict verdict;
				struct recording r;

				loads[k].make(&r, correlations[j], 0);
				verdict = judge(&r);
				judged += verdict != VERDICT_NONE;
				held += verdict == VERDICT_SAME;
			}
			print_message("# %s, correlation %.1f: %.1f %% of %d intervals hold\n",
				      loads[k].name, correlations[j], 100.0 * held / judged,
				      judged);
			assert_in_range(1000 * held / judged, 930, 970);
			assert_true(judged > RECORDINGS * 8 / 10);
			assert_true((judged - held) * 100 <= 6 * judged);
		}
}

/* A difference of so many standard deviations of a part is found in at least 80 of 100. */
static void differences_are_found(void **state)
{
	static const double shift[] = {0.6, 1.0, 1.5};

	(void)state;
	start();
	for (size_t j = 0; j < 3; j++) {
		int found = 0, wrong = 0;

		for (int n = 0; n < RECORDINGS; n++) {
			struct recording r;

			autoregressive(&r, correlations[j], shift[j]);
			found += judge(&r) == VERDICT_MORE;
			wrong += judge(&r) == VERDICT_LESS;
		}
		print_message("# correlation %.1f: %.1f standard deviations are found in %.1f %%\n",
			      correlations[j], shift[j], 100.0 * found / RECORDINGS);
		assert_true(found >= RECORDINGS * 8 / 10);
		assert_int_equal(wrong, 0);
	}
}

static void intervals_of_shares_hold(void **state)
{
	(void)state;
	start();
	for (size_t j = 0; j < 3; j++) {
		int held = 0;

		for (int n = 0; n < RECORDINGS; n++) {
			struct varying hits = begin(correlations[j]);
			struct statistics_ratio r;
			struct estimate e;

			for (int i = 0; i < PARTS; i++) {
				r.below[i] = 1000 * exp(normal());
				r.above[i] = r.below[i] * (0.9 + 0.02 * next(&hits));
			}
			e = statistics_share(&r, 1);
			held += isnan(e.low) || (e.low <= 0.9 && 0.9 <= e.high);
			assert_true(isnan(e.low) || (e.low >= 0 && e.high <= 1));
		}
		assert_in_range(1000 * held / RECORDINGS, 930, 970);
	}
}

/* Durations by the lognormal distribution, whose median varies from part to part. */
static void put_durations(struct hist *slice, double correlation)
{
	struct varying level = begin(correlation);

	for (int i = 0; i < PARTS; i++) {
		double here = next(&level);

		slice[i] = (struct hist){0};
		for (int n = 0; n < 40; n++)
			hist_record(&slice[i], (uint64_t)(1000 * exp(0.3 * normal() + 0.2 * here)));
	}
}

/* A percentile is known to a bucket; so the interval is widened by one. */
static void intervals_of_percentiles_hold(void **state)
{
	static const double q[] = {0.5, 0.9};
	const double truth[] = {1000, 1000 * exp(1.28155 * sqrt(0.3 * 0.3 + 0.2 * 0.2))};
	static struct hist slice[PARTS];

	(void)state;
	start();
	for (size_t j = 0; j < 3; j++) {
		int held[2] = {0};

		for (int n = 0; n < RECORDINGS / 10; n++) {
			struct estimate e[2];

			put_durations(slice, correlations[j]);
			statistics_percentiles(slice, q, 2, e);
			for (int i = 0; i < 2; i++)
				held[i] += e[i].low / COMPARE_BUCKET <= truth[i] &&
					   truth[i] <= e[i].high * COMPARE_BUCKET;
		}
		print_message("# correlation %.1f: %.1f %% and %.1f %% of percentiles hold\n",
			      correlations[j], 1000.0 * held[0] / RECORDINGS,
			      1000.0 * held[1] / RECORDINGS);
		for (int i = 0; i < 2; i++)
			assert_true(held[i] * 1000 >= 930 * (RECORDINGS / 10));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_as_stated),
		cmocka_unit_test(intervals_of_differences_hold),
		cmocka_unit_test(differences_are_found),
		cmocka_unit_test(intervals_of_shares_hold),
		cmocka_unit_test(intervals_of_percentiles_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
