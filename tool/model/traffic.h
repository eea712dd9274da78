/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* traffic.h: what happened in an interval: on a CPU, in a cache, or in all caches of a side. */
#ifndef SLABSCOPE_TRAFFIC_H
#define SLABSCOPE_TRAFFIC_H

#include "model/latency.h"

struct traffic {
	uint32_t known;	   /* of COUNT_BIT */
	uint32_t inferred; /* those that are inferred, not observed */
	bool latency_known;
	uint64_t count[COUNTS]; /* unknown ones are 0 */
	uint64_t doubtful;	/* inferred refills too many or too few */
	double hit_rate;	/* 0..1; NAN where unknown or without allocs */
	struct latency refill_ns;
};

/* Returns how much a count grew; one that fell has begun anew at 0. */
uint64_t traffic_grown(uint64_t before, uint64_t after);

/* Fills all but the latencies from counts of the cache before and after. */
void traffic_between(struct traffic *t, const struct snap_cache *of, const uint64_t *before,
		     const uint64_t *after);

/*
 * Adds the doubtful refills of the interval. What is inferred, and may be wrong by more than one of
 * a hundred, becomes unknown: only the interval counts, so that it is known again when no doubt is
 * left.
 */
void traffic_doubt(struct traffic *t, uint64_t before, uint64_t after);

/* Makes those of the counts unknown that are inferred. */
void traffic_hide(struct traffic *t, uint32_t counts);

/* Returns by how much the hit rate may be wrong, 0..1; 0 where it is unknown. */
double traffic_hit_doubt(const struct traffic *t);

/* Returns whether anything was counted. */
bool traffic_active(const struct traffic *t);

/* Returns whether there was none for sure: where allocs are unknown there may have been some. */
bool traffic_idle(const struct traffic *t);

/* Returns the events a second of a count; NAN where it is unknown. */
double traffic_rate(const struct traffic *t, enum count c, double interval_s);

#endif
