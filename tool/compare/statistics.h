/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * statistics.h: intervals. Of a recording, by the bootstrap over parts of its time: as many parts as
 * there are, are drawn with repetition, a thousand times; what 95 of 100 of these come to is the interval.
 * The draws are the same for all quantities of both sides, so that differences are of the same parts, and
 * the same in each run. Of runs, by Student's distribution.
 */
#ifndef SLABSCOPE_STATISTICS_H
#define SLABSCOPE_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

#define STATS_SLICES	 40
#define STATS_REPLICATES 1000
#define STATS_CONFIDENCE 0.95

/* NAN: not known; low and high only: there is no interval. */
struct estimate {
	double value, low, high;
};

extern const struct estimate estimate_unknown;

/* How often each part is in each draw. */
struct stats {
	uint8_t weight[STATS_REPLICATES][STATS_SLICES];
};

void stats_init(struct stats *s);

/* Of a quotient: what above came to in each part, and below. */
struct stats_ratio {
	double above[STATS_SLICES], below[STATS_SLICES];
};

/* scale * sum(above) / sum(below). */
struct estimate stats_ratio(const struct stats *s, const struct stats_ratio *r, double scale);

/* The first one less the second one. */
struct estimate stats_difference(const struct stats *s, const struct stats_ratio *a,
				 const struct stats_ratio *b, double scale);

/* Of each q of nr, the percentile of all parts' histograms; slice[STATS_SLICES]. */
#define STATS_QUANTILES 4
void stats_percentiles(const struct stats *s, const struct hist *slice, const double *q,
		       unsigned nr, struct estimate *to);

/* The mean of so many runs' values, all of them above 0, on a logarithmic scale; NANs are left out. */
struct estimate stats_runs(const double *value, unsigned nr);

/* Less a constant that is known to lie from low to high; never below 0. */
struct estimate stats_less(struct estimate e, struct estimate constant);

/* Whether both intervals are known, and have nothing in common. */
bool stats_apart(struct estimate a, struct estimate b);

#endif
