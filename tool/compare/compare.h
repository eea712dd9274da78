/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * compare.h: what a recording says, and what comes of the same stream in the reference, side by side, with
 * what of the difference is more than noise. Counts of the reference are those of replay.h, exact; its
 * latencies those of replay_threads.h, on this machine.
 */
#ifndef SLABSCOPE_COMPARE_H
#define SLABSCOPE_COMPARE_H

#include "compare/statistics.h"
#include "replay/replay.h"

#define COMPARE_FEW	  30 /* refills; of fewer nothing is concluded */
#define COMPARE_QUANTILES 4
extern const double compare_quantile[COMPARE_QUANTILES];
extern const char *const compare_quantile_name[COMPARE_QUANTILES]; /* as in JSON */

struct compare_settings {
	struct replay_settings replay; /* its slices are compare's own */
	unsigned runs;		       /* of the reference, for its latencies; 0: none */
	bool instructions;	       /* a nanosecond is an instruction */
	const char *cpu;	       /* model of this machine's processor; NULL: unknown */
};

struct compare_latency {
	const char *why_not;			     /* NULL: known */
	struct hist hist;			     /* as measured */
	struct estimate quantile[COMPARE_QUANTILES]; /* less what measuring takes */
	double max;				     /* likewise */
};

/* One of the two. */
struct compare_side {
	bool counts_known; /* hits and refills; the allocations always are */
	bool inferred;	   /* these were not seen, but inferred */
	bool origins_known;
	struct replay_counts counts;
	struct estimate hit_rate, refills_per_1000;
	struct estimate origin[REPLAY_ORIGINS]; /* share of refills */
	struct compare_cpu {
		struct replay_counts counts;
		struct estimate hit_rate;
	} * cpu;	   /* [cpus] */
	double bytes_peak; /* in slabs; NAN: not known */
	struct compare_latency latency;
};

enum compare_verdict {
	COMPARE_NONE,
	COMPARE_SAME,
	COMPARE_LESS,
	COMPARE_MORE
}; /* the reference's */

struct compare_cache {
	char name[TRACE_TEXT], comm[TRACE_TEXT];
	uint32_t pid;
	bool kernel; /* what was recorded */
	unsigned object_size, cpus;
	unsigned limit, batchcount, sharedfactor; /* of the reference */
	bool replayed;
	const char *why_not; /* where it is not */
	uint64_t live_before, freed_unseen;
	struct compare_side recorded, reference;
	struct estimate hit_rate_difference,
		refills_difference; /* the reference's less the recorded one */
	enum compare_verdict refills, latency;
	const char *no_refills, *no_latency; /* why there is no verdict */
};

struct compare {
	struct compare_cache
		*cache; /* by recorded allocations, most first; those without any are left out */
	size_t nr_caches, idle; /* left out */
	struct trace_head head;
	double seconds;
	uint64_t events, nonsense;
	struct trace_losses losses;
	bool instructions;
	unsigned runs;	       /* of the reference's threads */
	struct estimate pair;  /* of the recorded kernel's probes, ns; unknown: not measured */
	struct estimate clock; /* of the reference's two readings of the clock */
	const char *
		elsewhere; /* why latencies of this machine are not to be compared with it; NULL: they are */
};

/* 0, or -errno and why. The caller frees the result. */
int compare_run(struct trace_reader *r, const struct compare_settings *s, struct compare *to,
		struct failure *f);
void compare_free(struct compare *c);

/* "kernel" or "process": what was recorded. */
const char *compare_side_name(const struct compare_cache *c);

#endif
