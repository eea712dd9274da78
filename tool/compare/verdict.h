/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * verdict.h: whether the two sides of a cache differ by more than noise, and the sentence about it.
 */
#ifndef SLABSCOPE_VERDICT_H
#define SLABSCOPE_VERDICT_H

#include "compare/compare_cache.h"

#define VERDICT_FEW 30 /* refills; fewer allow no verdict */

/* What is the same for all caches. */
struct verdict_terms {
	bool instructions; /* durations are numbers of instructions */
	bool emulated;	   /* the recorded processor is emulated: its clock does not measure time */
	bool pair_known;   /* the duration of an empty pair of probes is known */
	const char *elsewhere; /* why the latencies are not comparable; NULL: they are */
	uint64_t lost;	       /* events that the recording lacks, of any cache */
	bool torn;	       /* the recording is cut off */
};

/* Returns the interval of a quantile, widened by all that the measurement may be off. */
struct estimate verdict_bounds(const struct compare_latency *l, unsigned quantile);

/* Fills the verdicts of a cache. */
void verdict_judge(struct compare_cache *c, const struct verdict_terms *terms);

struct verdict_sentence {
	char text[384];
};

/* Returns the verdicts in words. instructions: durations are numbers of instructions. */
struct verdict_sentence verdict_sentence(const struct compare_cache *c, bool instructions,
					 bool utf8);

#endif
