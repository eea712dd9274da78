/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * statistics.h: intervals. For a recording, by the bootstrap over parts of its time: a draw takes
 * as many parts as there are, with repetition. The interval contains the values of 95 of 100 draws,
 * of 1,000. All quantities of both sides use the same draws, in each run, so that a difference is
 * one of the same parts. For runs, by the distribution of Student.
 */
#ifndef SLABSCOPE_STATISTICS_H
#define SLABSCOPE_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

#define STATISTICS_SLICES     40
#define STATISTICS_REPLICATES 1000
#define STATISTICS_CONFIDENCE 0.95

/* NAN: unknown; only low and high: there is no interval. */
struct estimate {
	double value, low, high;
};

extern const struct estimate estimate_unknown;

/* The number of times that each part is in each draw. */
struct statistics {
	uint8_t weight[STATISTICS_REPLICATES][STATISTICS_SLICES];
};

void statistics_init(struct statistics *s);

/* A quotient: its dividend in each part, and its divisor. */
struct statistics_ratio {
	double above[STATISTICS_SLICES], below[STATISTICS_SLICES];
};

/* Returns scale * sum(above) / sum(below). */
struct estimate statistics_ratio(const struct statistics *s, const struct statistics_ratio *r,
				 double scale);

/* Returns the first quotient minus the second one. */
struct estimate statistics_difference(const struct statistics *s, const struct statistics_ratio *a,
				      const struct statistics_ratio *b, double scale);

/* Computes each quantile q of nr from the histograms of all parts; slice[STATISTICS_SLICES]. */
#define STATISTICS_QUANTILES 4
void statistics_percentiles(const struct statistics *s, const struct hist *slice, const double *q,
			    unsigned nr, struct estimate *to);

/*
 * Returns the mean of the values of runs, which are above 0, on a logarithmic scale; it skips NANs.
 */
struct estimate statistics_runs(const double *value, unsigned nr);

/* Subtracts a constant that is known to be from low to high. The result is never below 0. */
struct estimate statistics_subtract(struct estimate e, struct estimate constant);

/* Returns whether both intervals are known and do not overlap. */
bool statistics_apart(struct estimate a, struct estimate b);

#endif
