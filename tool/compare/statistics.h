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

#define STATISTICS_SLICES     40
#define STATISTICS_REPLICATES 1000
#define STATISTICS_CONFIDENCE 0.95

/* NAN: not known; low and high only: there is no interval. */
struct estimate {
	double value, low, high;
};

extern const struct estimate estimate_unknown;

/* How often each part is in each draw. */
struct statistics {
	uint8_t weight[STATISTICS_REPLICATES][STATISTICS_SLICES];
};

void statistics_init(struct statistics *s);

/* Of a quotient: what above came to in each part, and below. */
struct statistics_ratio {
	double above[STATISTICS_SLICES], below[STATISTICS_SLICES];
};

/* scale * sum(above) / sum(below). */
struct estimate statistics_ratio(const struct statistics *s, const struct statistics_ratio *r,
				 double scale);

/* The first one less the second one. */
struct estimate statistics_difference(const struct statistics *s, const struct statistics_ratio *a,
				      const struct statistics_ratio *b, double scale);

/* Of each q of nr, the percentile of all parts' histograms; slice[STATISTICS_SLICES]. */
#define STATISTICS_QUANTILES 4
void statistics_percentiles(const struct statistics *s, const struct hist *slice, const double *q,
			    unsigned nr, struct estimate *to);

/* The mean of so many runs' values, all of them above 0, on a logarithmic scale; NANs are left out. */
struct estimate statistics_runs(const double *value, unsigned nr);

/* Less a constant that is known to lie from low to high; never below 0. */
struct estimate statistics_subtract(struct estimate e, struct estimate constant);

/* Whether both intervals are known, and have nothing in common. */
bool statistics_apart(struct estimate a, struct estimate b);

#endif
