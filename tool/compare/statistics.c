// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * statistics.c: the variance of a mean over parts of the time, estimated from slow waves.
 *
 * The deviations of the parts are projected on the cosines of 1/2 to STATISTICS_WAVES/2 periods.
 * Each projection has about the variance that the mean would have, memory of the load included,
 * because slow waves see neighbours together; their mean square is thus a variance with as many
 * degrees of freedom as there are waves (Mueller 2004; Lazarus, Lewis, Stock, Watson 2018). Waves
 * are a little faster than a mean. What they lose by that, if deviations follow each other with the
 * correlation found between neighbours, is computed and given back. This correlation is taken at
 * the upper end of its own error. tests/unit/statistics_coverage.c measures how often it holds.
 */
#include "compare/statistics.h"

#include <math.h>
#include <string.h>

#include "model/latency.h"

#define CORRELATION_MOST 0.9

const struct estimate estimate_unknown = {NAN, NAN, NAN};

/* Returns the quantile of 97.5 % of the distribution of Student. */
static double student(unsigned freedom)
{
	static const double t[] = {NAN,	  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365,
				   2.306, 2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
				   2.120, 2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069,
				   2.064, 2.060,  2.056, 2.052, 2.048, 2.045};

	return freedom < sizeof(t) / sizeof(*t) ? t[freedom] : 1.960 + 2.5 / freedom;
}

/* ---- the variance of a mean ------------------------------------------------------------------ */

/* Deviations from a mean, of the parts that have any weight, in their order. */
struct deviations {
	double of[STATISTICS_PARTS];
	int nr;
	double parts; /* so many parts of equal weight would say as much */
};

struct wave {
	double at[STATISTICS_PARTS];
};

static struct wave wave(int number, int nr)
{
	struct wave w;

	for (int i = 0; i < nr; i++)
		w.at[i] = sqrt(2.0 / nr) * cos(M_PI * number * (i + 0.5) / nr);
	return w;
}

/*
 * Returns the correlation of neighbours: corrected for the bias of few values, and one standard
 * error higher; from 0 on.
 */
static double correlation(const struct deviations *d)
{
	double squares = 0, products = 0, r;

	for (int i = 0; i < d->nr; i++) {
		squares += d->of[i] * d->of[i];
		products += i ? d->of[i] * d->of[i - 1] : 0;
	}
	if (squares <= 0)
		return 0;
	r = products / squares;
	r = fmin(fmax(r + (1 + 4 * r) / d->nr, 0), 1);
	return fmin(r + sqrt((1 - r * r) / d->nr), CORRELATION_MOST);
}

/*
 * Returns the variance of the sum of all values over that of their projection on a wave, where
 * neighbours have correlation r, and others a power of it.
 */
static double lost_by(const struct wave *w, int nr, double r)
{
	double sum = 0, projection = 0, power = 1;

	for (int lag = 0; lag < nr; lag++) {
		double products = 0;

		for (int i = 0; i + lag < nr; i++)
			products += w->at[i] * w->at[i + lag];
		sum += (lag ? 2 : 1) * power * (nr - lag) / nr;
		projection += (lag ? 2 : 1) * power * products;
		power *= r;
	}
	return sum / projection;
}

/* Returns half of the interval of the mean; NAN: too few parts. */
static double half_width(const struct deviations *d)
{
	double r = correlation(d), squares = 0;

	if (d->parts < STATISTICS_PARTS_LEAST)
		return NAN;
	for (int number = 1; number <= STATISTICS_WAVES; number++) {
		struct wave w = wave(number, d->nr);
		double projection = 0;

		for (int i = 0; i < d->nr; i++)
			projection += d->of[i] * w.at[i];
		squares += projection * projection * lost_by(&w, d->nr, r);
	}
	return student(STATISTICS_WAVES) * sqrt(squares / STATISTICS_WAVES / d->nr);
}

/* ---- quotients ------------------------------------------------------------------------------- */

static double total(const double *part)
{
	double sum = 0;

	for (int i = 0; i < STATISTICS_PARTS; i++)
		sum += part[i];
	return sum;
}

static double quotient(const struct statistics_ratio *r)
{
	double below = total(r->below);

	return below > 0 ? total(r->above) / below : NAN;
}

/*
 * Returns by how much a part moves the quotient, times the number of parts. A heavy part draws the
 * quotient to itself; the last divisor makes up for that.
 */
static double pull(const struct statistics_ratio *r, double value, double below, int nr, int i)
{
	double share = r->below[i] / below;

	return share < 1 ? (r->above[i] - value * r->below[i]) / below * nr / (1 - share) : 0;
}

/* Returns the deviations of the first quotient minus the second one; NULL: of the first one. */
static struct deviations deviations_of(const struct statistics_ratio *a,
				       const struct statistics_ratio *b)
{
	double below_a = total(a->below), below_b = b ? total(b->below) : 0, squares = 0;
	struct deviations d = {.nr = 0};
	int at = 0;

	for (int i = 0; i < STATISTICS_PARTS; i++) {
		d.nr += a->below[i] > 0 || (b && b->below[i] > 0);
		squares += a->below[i] * a->below[i];
	}
	d.parts = squares > 0 ? below_a * below_a / squares : 0;
	for (int i = 0; i < STATISTICS_PARTS; i++) {
		if (!(a->below[i] > 0 || (b && b->below[i] > 0)))
			continue;
		d.of[at] = pull(a, quotient(a), below_a, d.nr, i);
		if (b)
			d.of[at] -= pull(b, quotient(b), below_b, d.nr, i);
		at++;
	}
	return d;
}

struct estimate statistics_share(const struct statistics_ratio *r, double scale)
{
	double value = quotient(r), half;
	struct deviations d;

	/* What never happened, and what always did, may do so by chance: there is no interval. */
	if (isnan(value) || value <= 0 || value == 1)
		return (struct estimate){scale * value, NAN, NAN};
	d = deviations_of(r, NULL);
	half = half_width(&d);
	if (isnan(half))
		return (struct estimate){scale * value, NAN, NAN};
	return (struct estimate){scale * value, scale * fmax(value - half, 0),
				 scale * fmin(value + half, fmax(value, 1))};
}

struct estimate statistics_difference(const struct statistics_ratio *a,
				      const struct statistics_ratio *b, double scale)
{
	double value = quotient(a) - quotient(b), half;
	struct deviations d;

	if (isnan(value))
		return estimate_unknown;
	d = deviations_of(a, b);
	half = half_width(&d);
	return (struct estimate){scale * value, scale * (value - half), scale * (value + half)};
}

/* ---- percentiles ----------------------------------------------------------------------------- */

/* The share of the values up to each bucket, from first to last, with its interval. */
struct shares {
	int first, last;
	double parts;
	double low[HIST_BUCKETS], high[HIST_BUCKETS]; /* the share minus and plus half of it */
};

static void make_shares(const struct hist *slice, const struct hist *sum, struct shares *to)
{
	struct statistics_ratio r = {{0}, {0}};
	double before = 0;

	for (int i = 0; i < STATISTICS_PARTS; i++)
		r.below[i] = (double)slice[i].count;
	for (int b = to->first; b <= to->last; b++) {
		struct deviations d;
		double half;

		for (int i = 0; i < STATISTICS_PARTS; i++)
			r.above[i] += (double)slice[i].bucket[b];
		before += (double)sum->bucket[b];
		d = deviations_of(&r, NULL);
		half = half_width(&d);
		to->parts = d.parts;
		to->low[b] = before / (double)sum->count - half;
		to->high[b] = before / (double)sum->count + half;
	}
}

/* Returns the middle of a bucket, as a percentile there has it. */
static double middle(const struct hist *sum, int bucket)
{
	struct hist one = {.count = 1, .max = sum->max};

	one.bucket[bucket] = 1;
	return latency_percentile(&one, 0.5);
}

/*
 * The interval has the buckets whose share may be q. That more than 1 - q lies above all values is
 * excluded only if independent parts, all without such a value, would show it.
 */
static struct estimate percentile_of(const struct shares *s, const struct hist *sum, double q)
{
	struct estimate e = {latency_percentile(sum, q), NAN, NAN};
	int low = s->first, high = s->first;

	while (low < s->last && s->high[low] < q)
		low++;
	while (high < s->last && s->low[high] < q)
		high++;
	if (isnan(s->low[s->last]) ||
	    (high == s->last && pow(q, s->parts) > (1 - STATISTICS_CONFIDENCE) / 2))
		return e;
	e.low = middle(sum, low);
	e.high = middle(sum, high);
	return e;
}

void statistics_percentiles(const struct hist *slice, const double *q, unsigned nr,
			    struct estimate *to)
{
	struct shares shares = {.first = -1};
	struct hist sum = {0};

	for (int i = 0; i < STATISTICS_PARTS; i++)
		hist_add(&sum, &slice[i]);
	for (int b = 0; b < HIST_BUCKETS; b++) {
		if (!sum.bucket[b])
			continue;
		shares.first = shares.first < 0 ? b : shares.first;
		shares.last = b;
	}
	if (sum.count)
		make_shares(slice, &sum, &shares);
	for (unsigned i = 0; i < nr; i++)
		to[i] = latency_enough(&sum, q[i]) ? percentile_of(&shares, &sum, q[i])
						   : estimate_unknown;
}

/* ---- runs ------------------------------------------------------------------------------------ */

struct estimate statistics_runs(const double *value, unsigned nr)
{
	double sum = 0, squares = 0, half;
	unsigned n = 0;

	for (unsigned i = 0; i < nr; i++) {
		if (isnan(value[i]))
			continue;
		sum += log(fmax(value[i], 1e-9));
		n++;
	}
	if (!n)
		return estimate_unknown;
	sum /= n;
	for (unsigned i = 0; i < nr; i++)
		if (!isnan(value[i]))
			squares += pow(log(fmax(value[i], 1e-9)) - sum, 2);
	if (n < 2)
		return (struct estimate){exp(sum), NAN, NAN};
	half = student(n - 1) * sqrt(squares / (n - 1) / n);
	return (struct estimate){exp(sum), exp(sum - half), exp(sum + half)};
}

struct estimate statistics_subtract(struct estimate e, double constant)
{
	/* fmax() would turn an unknown value into a number. */
	if (isnan(e.value) || isnan(constant))
		return e;
	e.value = fmax(e.value - constant, 0);
	if (!isnan(e.low)) {
		e.low = fmax(e.low - constant, 0);
		e.high = fmax(e.high - constant, 0);
	}
	return e;
}

bool statistics_apart(struct estimate a, struct estimate b)
{
	return a.high < b.low || b.high < a.low;
}
