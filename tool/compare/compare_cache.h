/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_cache.h: a cache of a comparison: its two sides, and what differs. */
#ifndef SLABSCOPE_COMPARE_CACHE_H
#define SLABSCOPE_COMPARE_CACHE_H

#include "compare/statistics.h"
#include "replay/replay_counts.h"
#include "trace/trace.h"

#define COMPARE_QUANTILES 4

/* Of the reference, against the recorded side. */
enum verdict { VERDICT_NONE, VERDICT_SAME, VERDICT_LESS, VERDICT_MORE };

struct compare_latency {
	const char *why_not; /* NULL: known */
	struct hist hist;    /* as measured */
	/* the duration of the measurement is subtracted; intervals are of the values alone */
	struct estimate quantile[COMPARE_QUANTILES];
	double max;		   /* likewise */
	struct estimate measuring; /* this duration, and its range; unknown: not subtracted */
};

/* A percentile is the middle of a bucket, and at most this factor off. */
#define COMPARE_BUCKET 1.0443

/* One of the two sides. */
struct compare_side {
	bool counts_known; /* hits and refills; allocations are always known */
	bool inferred;	   /* these are inferred */
	bool origins_known;
	struct replay_counts counts;
	struct estimate hit_rate, refills_per_1000;
	struct estimate origin[ORIGINS]; /* share of the refills */
	struct compare_cpu {
		struct replay_counts counts;
		struct estimate hit_rate;
	} * cpu;	   /* [cpus] */
	double bytes_peak; /* in slabs; NAN: unknown */
	struct compare_latency latency;
};

struct compare_cache {
	char name[TRACE_TEXT], comm[TRACE_TEXT];
	uint32_t pid;
	bool kernel; /* the kernel was recorded, not a process */
	unsigned object_size, cpus;
	unsigned limit, batchcount, sharedfactor; /* of the reference */
	bool replayed;
	const char *why_not; /* why it is not replayed */
	uint64_t live_before, freed_unseen;
	struct compare_side recorded, reference;
	struct estimate hit_rate_difference,
		refills_difference; /* of the reference minus the recorded side */
	enum verdict refills, latency;
	const char *no_refills, *no_latency; /* why there is no verdict */
};

/* Returns "kernel" or "process": what was recorded. */
static inline const char *compare_cache_side_name(const struct compare_cache *c)
{
	return c->kernel ? "kernel" : "process";
}

#endif
