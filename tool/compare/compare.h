/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * compare.h: a recording beside a replay of the same stream in the reference, and whether they
 * differ by more than noise. Counts of the reference are those of replay.h, which are exact; its
 * latencies are those of replay_threads.h, on this machine.
 */
#ifndef SLABSCOPE_COMPARE_H
#define SLABSCOPE_COMPARE_H

#include "compare/verdict.h"
#include "replay/replay.h"

extern const double compare_quantile[COMPARE_QUANTILES];
extern const char *const compare_quantile_name[COMPARE_QUANTILES]; /* as in JSON */

/*
 * Slices of the recorded time. For each cache, those that follow each other make
 * STATISTICS_PARTS parts with about as many allocations: so a load of a sixth of the time has all
 * parts, too.
 */
#define COMPARE_SLICES 240

struct compare_settings {
	struct replay_settings replay; /* compare sets the slices */
	unsigned runs;		       /* runs of the reference, for its latencies; 0: none */
	bool instructions;	       /* a nanosecond is an instruction */
	const char *cpu;	       /* model of the processor of this machine; NULL: unknown */
};

struct compare {
	struct compare_cache
		*cache; /* by recorded allocations, most first; without those that have none */
	size_t nr_caches, idle; /* caches without allocations */
	struct trace_head head;
	double seconds;
	double wall; /* the time of its last event */
	uint64_t events, nonsense;
	struct trace_losses losses;
	bool instructions;
	unsigned runs;	       /* of the reference on threads */
	struct estimate pair;  /* of the probes of the recorded kernel, ns; unknown: not measured */
	struct estimate clock; /* of two readings of the clock in the reference */
	/*
	 * why latencies of this machine are not comparable with the recorded ones; NULL: they are
	 */
	const char *elsewhere;
};

/* Compares a recording. Returns 0, or -errno and why. The caller frees the result. */
int compare_run(struct trace_reader *r, const struct compare_settings *s, struct compare *to,
		struct failure *f);
void compare_free(struct compare *c);

/* Returns what the verdicts on all caches depend on. */
struct verdict_terms compare_terms(const struct compare *c);

#endif
