/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * statistics.h: intervals. For a recording, from how its quantities vary over parts that follow
 * each other, with regard to the memory of a load: such parts are alike. For runs, by the
 * distribution of Student. An interval holds within the recording: it says nothing of loads that
 * the recording does not contain.
 */
#ifndef SLABSCOPE_STATISTICS_H
#define SLABSCOPE_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

#define STATISTICS_PARTS       40
#define STATISTICS_WAVES       5  /* slow waves, which the variance of a mean is estimated from */
#define STATISTICS_PARTS_LEAST 10 /* parts of equal weight; fewer allow no interval */
#define STATISTICS_CONFIDENCE  0.95

/* NAN: unknown; only low and high: there is no interval. */
struct estimate {
	double value, low, high;
};

extern const struct estimate estimate_unknown;

/* A quotient: its dividend in each part, and its divisor. */
struct statistics_ratio {
	double above[STATISTICS_PARTS], below[STATISTICS_PARTS];
};

/* Returns scale * sum(above) / sum(below), a share: the interval is within 0 .. scale. */
struct estimate statistics_share(const struct statistics_ratio *r, double scale);

/* Returns the first quotient minus the second one. */
struct estimate statistics_difference(const struct statistics_ratio *a,
				      const struct statistics_ratio *b, double scale);

/*
 * Computes each quantile q of nr from the histograms of all parts; slice[STATISTICS_PARTS]. A
 * quantile of too few values is unknown. Its interval is of middles of buckets.
 */
void statistics_percentiles(const struct hist *slice, const double *q, unsigned nr,
			    struct estimate *to);

/*
 * Returns the mean of the values of runs, which are above 0, on a logarithmic scale; it skips NANs.
 */
struct estimate statistics_runs(const double *value, unsigned nr);

/* Subtracts a constant. The result is never below 0. */
struct estimate statistics_subtract(struct estimate e, double constant);

/* Returns whether both intervals are known and do not overlap. */
bool statistics_apart(struct estimate a, struct estimate b);

#endif
