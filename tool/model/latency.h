/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* latency.h: differences of histograms of refill latencies, and their percentiles. */
#ifndef SLABSCOPE_LATENCY_H
#define SLABSCOPE_LATENCY_H

#include "model/snapshot.h"

/* Refill latencies of an interval in nanoseconds. The others mean nothing while count is 0. */
struct latency {
	uint64_t count;
	double p50, p90, p99, p999; /* geometric middle of the bucket: off by at most 4.43 % */
	uint64_t max; /* exact for the longest ever; else the upper bound of its bucket */
};

struct latency latency_of(const struct hist *h);

/*
 * Returns the latencies between two histograms and fills *round with the difference. before may be
 * NULL; a histogram that has begun anew counts from 0.
 */
struct latency latency_between(const struct hist *before, const struct hist *after,
			       struct hist *round);

/* The same for one CPU; after may be NULL, too. */
struct latency latency_between_cpu(const struct cpu_hist *before, const struct cpu_hist *after);

/*
 * Returns the nanoseconds below which the share q (0..1) of the values lies: the geometric middle
 * of the bucket with the value of rank ceil(q * count), at most h->max. NAN without values.
 */
double latency_percentile(const struct hist *h, double q);

/*
 * Returns whether there are values enough for the percentile q of a measurement that is over:
 * 3 / (1 - q).
 */
bool latency_enough(const struct hist *h, double q);

#endif
