// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* latency.c: differences of histograms, and percentiles, for each CPU of each cache. */
#include "model/latency.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/octave.h"

/* ---- buckets -------------------------------------------------------------------------- */

/* For each bucket in nanoseconds: its geometric middle and its upper bound. The last has none. */
static struct {
	double middle, bound;
} scale[HIST_BUCKETS];

static void make_scale(void)
{
	for (int i = 0; i < HIST_BUCKETS; i++) {
		scale[i].middle = i ? exp2((i - 0.5) / 8) : 1;
		scale[i].bound = exp2(i / 8.0);
	}
	scale[HIST_BUCKETS - 1].middle = scale[HIST_BUCKETS - 1].bound = INFINITY;
}

static void need_scale(void)
{
	static pthread_once_t made = PTHREAD_ONCE_INIT;

	pthread_once(&made, make_scale);
}

/* Some neighbouring buckets of a histogram, in whole octaves. All others are empty. */
struct span {
	uint64_t count, max;
	double most; /* max */
	const uint64_t *bucket;
	int first, nr;
};

static struct span span_of(const struct hist *h)
{
	return (struct span){h->count, h->max, (double)h->max, h->bucket, 0, HIST_BUCKETS};
}

static struct span span_of_cpu(const struct cpu_hist *h)
{
	return (struct span){h->count,	h->max,	       (double)h->max,
			     h->bucket, (int)h->first, (int)h->nr};
}

/* ---- percentiles ---------------------------------------------------------------------- */

/* Returns ceil(q * count), at least 1. */
static uint64_t rank_of(double q, uint64_t count)
{
	double exact = q * (double)(int64_t)count;
	int64_t rank = (int64_t)exact;

	rank += (double)rank < exact;
	return rank > 0 ? (uint64_t)rank : 1;
}

/* Returns the nanoseconds that represent the values of a bucket. */
static double value(const struct span *s, const uint64_t *bucket)
{
	double middle = scale[s->first + (bucket - s->bucket)].middle;

	return middle < s->most ? middle : s->most;
}

/*
 * Fills to with the percentiles q[], which ascend, of at least one value. See latency_percentile().
 */
static void percentiles(const struct span *s, const double *q, double *to, int nr_q)
{
	uint64_t before = 0, rank = rank_of(*q, s->count);
	const double *end = q + nr_q;

	need_scale();
	for (int octave = 0; octave < s->nr; octave += OCTAVE) {
		const uint64_t *at = s->bucket + octave;
		uint64_t seen = before;

		before += octave_sum(at);
		while (rank <= before) {
			while (seen < rank)
				seen += *at++;
			*to++ = value(s, at - 1);
			if (++q == end)
				return;
			rank = rank_of(*q, s->count);
		}
	}
	/* The buckets hold fewer values than count. */
	while (q++ < end)
		*to++ = value(s, s->bucket + s->nr - 1);
}

double latency_percentile(const struct hist *h, double q)
{
	const struct span s = span_of(h);
	double found;

	if (!h->count)
		return NAN;
	percentiles(&s, &q, &found, 1);
	return found;
}

bool latency_enough(const struct hist *h, double q)
{
	return (double)h->count * (1 - q) >= 3 - 1e-9;
}

static struct latency latency_in(const struct span *s)
{
	static const double q[] = {0.5, 0.9, 0.99, 0.999};
	double found[4];

	if (!s->count)
		return (struct latency){.count = 0};
	percentiles(s, q, found, 4);
	return (struct latency){.count = s->count,
				.p50 = found[0],
				.p90 = found[1],
				.p99 = found[2],
				.p999 = found[3],
				.max = s->max};
}

struct latency latency_of(const struct hist *h)
{
	const struct span s = span_of(h);

	return latency_in(&s);
}

/* ---- differences ---------------------------------------------------------------------- */

/* Limits max to the upper bound of the highest bucket that is not empty. */
static void bound(struct span *s)
{
	const uint64_t *end = s->bucket + s->nr;
	double most;

	while (end > s->bucket && !end[-1])
		end--;
	if (end == s->bucket)
		return;
	need_scale();
	most = scale[s->first + (end - s->bucket) - 1].bound;
	if (most < s->most) {
		s->max = (uint64_t)(int64_t)most;
		s->most = (double)s->max;
	}
}

/*
 * Fills round with the difference of two histograms; its buckets are as many as after has. Returns
 * false where the second histogram has begun anew instead of growing.
 */
static bool subtract(const struct span *before, const struct span *after, uint64_t *bucket,
		     struct span *round)
{
	int begin = before->first - after->first, end = begin + before->nr;
	octave_part bits = {0};

	if (!before->nr)
		begin = end = 0;
	if (before->count > after->count || begin < 0 || end > after->nr)
		return false;
	if (begin)
		memcpy(bucket, after->bucket, (size_t)begin * sizeof(*bucket));
	for (int at = begin; at < end; at += OCTAVE)
		octave_subtract(bucket + at, after->bucket + at, before->bucket + at - begin,
				&bits);
	if ((bits[0] | bits[1]) >> 63) /* a bucket fell */
		return false;
	if (end < after->nr)
		memcpy(bucket + end, after->bucket + end,
		       (size_t)(after->nr - end) * sizeof(*bucket));
	*round = *after;
	round->count -= before->count;
	round->bucket = bucket;
	/* The maximum belongs to this interval only if it was not there before. */
	if (after->max <= before->max)
		bound(round);
	return true;
}

struct latency latency_between(const struct hist *before, const struct hist *after,
			       struct hist *round)
{
	struct span then = {0}, now = span_of(after), s;

	round->sum = after->sum;
	if (before)
		then = span_of(before);
	if (!subtract(&then, &now, round->bucket, &s)) {
		s = now;
		memcpy(round->bucket, after->bucket, sizeof(round->bucket));
	} else if (before) {
		round->sum -= before->sum;
	}
	round->count = s.count;
	round->max = s.max;
	return latency_in(&s);
}

struct latency latency_between_cpu(const struct cpu_hist *before, const struct cpu_hist *after)
{
	uint64_t bucket[HIST_BUCKETS];
	struct span then = {0}, now, s;

	if (!after || !after->count)
		return (struct latency){.count = 0};
	if (before && before->count == after->count && before->first == after->first &&
	    before->nr == after->nr &&
	    !memcmp(before->bucket, after->bucket, after->nr * sizeof(*after->bucket)))
		return (struct latency){.count = 0}; /* most CPUs have no refill in an interval */
	now = span_of_cpu(after);
	if (before)
		then = span_of_cpu(before);
	if (!subtract(&then, &now, bucket, &s))
		s = now;
	return latency_in(&s);
}
