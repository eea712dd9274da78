/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* latency.h: histograms of refill latencies -> what lies between two of them, and percentiles. */
#ifndef SLABSCOPE_LATENCY_H
#define SLABSCOPE_LATENCY_H

#include "model/snapshot.h"

/* Refill latencies of a round, nanoseconds. All but count mean nothing while count is 0. */
struct latency {
	uint64_t count;
	double p50, p90, p99, p999; /* geometric middle of the bucket: off by at most 4.43 % */
	uint64_t max; /* exact where it is the longest ever seen; else its bucket's upper bound */
};

struct latency latency_of(const struct hist *h);

/*
 * Latencies between two histograms; before may be NULL, and one that has begun anew counts from 0. *round
 * becomes what lies between them.
 */
struct latency latency_between(const struct hist *before, const struct hist *after,
			       struct hist *round);

/* The same of one CPU; after may be NULL, too. */
struct latency latency_between_cpu(const struct cpu_hist *before, const struct cpu_hist *after);

/*
 * Nanoseconds below which the share q (0..1) of the values of h lie: the geometric middle of the
 * bucket that holds the value of rank ceil(q * count), bounded by h->max. NAN without values.
 */
double latency_percentile(const struct hist *h, double q);

#endif
