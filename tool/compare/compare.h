/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * compare.h: what a recording says, and what comes of the same stream in the reference, side by side, with
 * what of the difference is more than noise. Counts of the reference are those of replay.h, exact; its
 * latencies those of replay_threads.h, on this machine.
 */
#ifndef SLABSCOPE_COMPARE_H
#define SLABSCOPE_COMPARE_H

#include "compare/verdict.h"
#include "replay/replay.h"

extern const double compare_quantile[COMPARE_QUANTILES];
extern const char *const compare_quantile_name[COMPARE_QUANTILES]; /* as in JSON */

struct compare_settings {
	struct replay_settings replay; /* its slices are compare's own */
	unsigned runs;		       /* of the reference, for its latencies; 0: none */
	bool instructions;	       /* a nanosecond is an instruction */
	const char *cpu;	       /* model of this machine's processor; NULL: unknown */
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

/* Returns what the verdicts on all caches depend on. */
struct verdict_terms compare_terms(const struct compare *c);

#endif
