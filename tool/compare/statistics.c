// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* statistics.c: the draws of the bootstrap, and estimates from them. */
#include "compare/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

const struct estimate estimate_unknown = {NAN, NAN, NAN};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

void statistics_init(struct statistics *s)
{
	uint64_t random = 0x9e3779b97f4a7c15u;

	memset(s, 0, sizeof(*s));
	for (int r = 0; r < STATISTICS_REPLICATES; r++)
		for (int i = 0; i < STATISTICS_SLICES; i++)
			s->weight[r][(next_random(&random) >> 32) * STATISTICS_SLICES >> 32]++;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Returns the value with the interval of the middle draws; it skips draws without a value. */
static struct estimate interval(double value, const double *draw)
{
	struct estimate e = {value, NAN, NAN};
	double sorted[STATISTICS_REPLICATES], tail = (1 - STATISTICS_CONFIDENCE) / 2;
	int nr = 0;

	for (int r = 0; r < STATISTICS_REPLICATES; r++)
		if (!isnan(draw[r]))
			sorted[nr++] = draw[r];
	if (isnan(value) || nr < STATISTICS_REPLICATES / 2)
		return e;
	qsort(sorted, (size_t)nr, sizeof(*sorted), by_value);
	e.low = sorted[(int)floor(tail * (nr - 1))];
	e.high = sorted[(int)ceil((1 - tail) * (nr - 1))];
	return e;
}

static double quotient(const struct statistics_ratio *r, const uint8_t *weight)
{
	double above = 0, below = 0;

	for (int i = 0; i < STATISTICS_SLICES; i++) {
		above += r->above[i] * (weight ? weight[i] : 1);
		below += r->below[i] * (weight ? weight[i] : 1);
	}
	return below > 0 ? above / below : NAN;
}

struct estimate statistics_ratio(const struct statistics *s, const struct statistics_ratio *r,
				 double scale)
{
	double draw[STATISTICS_REPLICATES];

	for (int i = 0; i < STATISTICS_REPLICATES; i++)
		draw[i] = scale * quotient(r, s->weight[i]);
	return interval(scale * quotient(r, NULL), draw);
}

struct estimate statistics_difference(const struct statistics *s, const struct statistics_ratio *a,
				      const struct statistics_ratio *b, double scale)
{
	double draw[STATISTICS_REPLICATES];

	for (int i = 0; i < STATISTICS_REPLICATES; i++)
		draw[i] = scale * (quotient(a, s->weight[i]) - quotient(b, s->weight[i]));
	return interval(scale * (quotient(a, NULL) - quotient(b, NULL)), draw);
}

/* Adds up the buckets from .. to of all parts. */
static void add_up(struct hist *sum, const struct hist *slice, const uint8_t *weight, int from,
		   int to)
{
	sum->count = 0;
	memset(sum->bucket + from, 0, (size_t)(to - from) * sizeof(*sum->bucket));
	for (int i = 0; i < STATISTICS_SLICES; i++) {
		uint64_t times = weight ? weight[i] : 1;

		if (!slice[i].count || !times)
			continue;
		sum->count += slice[i].count * times;
		for (int b = from; b < to; b++)
			sum->bucket[b] += slice[i].bucket[b] * times;
	}
}

void statistics_percentiles(const struct statistics *s, const struct hist *slice, const double *q,
			    unsigned nr, struct estimate *to)
{
	static double draw[STATISTICS_QUANTILES][STATISTICS_REPLICATES];
	struct hist sum = {0};
	int first = HIST_BUCKETS, last = 0;

	for (int i = 0; i < STATISTICS_SLICES; i++) {
		if (slice[i].max > sum.max)
			sum.max = slice[i].max;
		for (int b = 0; b < HIST_BUCKETS; b++) {
			if (!slice[i].bucket[b])
				continue;
			first = b < first ? b : first;
			last = b + 1 > last ? b + 1 : last;
		}
	}
	if (first > last)
		first = last;
	for (int r = 0; r < STATISTICS_REPLICATES; r++) {
		add_up(&sum, slice, s->weight[r], first, last);
		for (unsigned i = 0; i < nr; i++)
			draw[i][r] = latency_percentile(&sum, q[i]);
	}
	add_up(&sum, slice, NULL, first, last);
	for (unsigned i = 0; i < nr; i++)
		to[i] = interval(latency_percentile(&sum, q[i]), draw[i]);
}

/* Returns the quantile of 97.5 % of the distribution of Student. */
static double student(unsigned freedom)
{
	static const double t[] = {NAN,	  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365,
				   2.306, 2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
				   2.120, 2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069,
				   2.064, 2.060,  2.056, 2.052, 2.048, 2.045};

	return freedom < sizeof(t) / sizeof(*t) ? t[freedom] : 1.960 + 2.5 / freedom;
}

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

struct estimate statistics_subtract(struct estimate e, struct estimate constant)
{
	/* fmax() would turn an unknown value into a number. */
	if (isnan(e.value))
		return e;
	e.value = fmax(e.value - constant.value, 0);
	if (!isnan(e.low)) {
		e.low = fmax(e.low - constant.high, 0);
		e.high = fmax(e.high - constant.low, 0);
	}
	return e;
}

bool statistics_apart(struct estimate a, struct estimate b)
{
	return a.high < b.low || b.high < a.low;
}
