// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* traffic.c: counts of an interval, and rates. */
#include "model/traffic.h"

#include <math.h>

#include "model/inference.h"

uint64_t traffic_grown(uint64_t before, uint64_t after)
{
	return after >= before ? after - before : after;
}

bool traffic_active(const struct traffic *t)
{
	for (int c = 0; c < COUNTS; c++)
		if (t->count[c])
			return true;
	return t->refill_ns.count != 0;
}

bool traffic_idle(const struct traffic *t)
{
	return !traffic_active(t) && t->known & COUNT_BIT(COUNT_ALLOCS);
}

double traffic_rate(const struct traffic *t, enum count c, double interval_s)
{
	if (!(t->known & COUNT_BIT(c)) || !(interval_s > 0))
		return NAN;
	return (double)t->count[c] / interval_s;
}

static double hit_rate(const struct traffic *t)
{
	const uint32_t both = COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_HITS);

	if ((t->known & both) != both || !t->count[COUNT_ALLOCS])
		return NAN;
	/* Programs count while both are read. */
	return t->count[COUNT_HITS] < t->count[COUNT_ALLOCS]
		       ? (double)t->count[COUNT_HITS] / (double)t->count[COUNT_ALLOCS]
		       : 1;
}

void traffic_hide(struct traffic *t, uint32_t counts)
{
	counts &= t->inferred;
	t->known &= ~counts;
	t->inferred &= ~counts;
	for (; counts; counts &= counts - 1)
		t->count[__builtin_ctz(counts)] = 0;
	t->hit_rate = hit_rate(t);
}

void traffic_doubt(struct traffic *t, uint64_t before, uint64_t after)
{
	uint64_t refills = t->count[COUNT_REFILLS], allocs = t->count[COUNT_ALLOCS];

	t->doubtful = t->inferred ? traffic_grown(before, after) : 0;
	if (!inference_holds_now(t->doubtful, refills))
		traffic_hide(t, COUNT_BIT(COUNT_REFILLS));
	if (!inference_holds_now(t->doubtful, allocs))
		traffic_hide(t, COUNT_BIT(COUNT_HITS) | COUNT_BIT(COUNT_BYPASSES));
}

double traffic_hit_doubt(const struct traffic *t)
{
	if (isnan(t->hit_rate) || !t->count[COUNT_ALLOCS])
		return 0;
	return (double)t->doubtful / (double)t->count[COUNT_ALLOCS];
}

void traffic_between(struct traffic *t, const struct snap_cache *of, const uint64_t *before,
		     const uint64_t *after)
{
	uint32_t known = of->counts_known;

	t->known = known;
	t->inferred = of->counts_inferred & known;
	t->latency_known = of->latency_known;
	t->doubtful = 0;
#pragma GCC unroll 32
	for (int c = 0; c < COUNTS; c++)
		t->count[c] = traffic_grown(before[c], after[c]);
	for (uint32_t unknown = ~known & (COUNT_BIT(COUNTS) - 1); unknown; unknown &= unknown - 1)
		t->count[__builtin_ctz(unknown)] = 0;
	t->hit_rate = hit_rate(t);
}
