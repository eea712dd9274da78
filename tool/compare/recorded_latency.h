/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* recorded_latency.h: what of a recording a replay does not keep: latencies, memory, what could be seen. */
#ifndef SLABSCOPE_RECORDED_LATENCY_H
#define SLABSCOPE_RECORDED_LATENCY_H

#include "compare/statistics.h"
#include "trace/trace_reader.h"

/* A cache, by its number in the recording. */
struct recorded_cache {
	bool kernel;
	bool timed;	    /* at least one refill has a duration */
	struct hist *slice; /* [STATS_SLICES] of durations; NULL: none */
	uint64_t slab_bytes;
	int64_t slabs, slabs_peak;
	bool grew;
	bool state_known; /* what it had when the recording began */
};

struct recorded {
	struct recorded_cache *cache; /* [nr] */
	unsigned nr;
	uint64_t from, to; /* ns: of the first event of a CPU, and after the last one */
	/* By TRACE_SIDE: whether it was seen how allocations are served, and that slabs are given back. */
	bool served[2], gives_back[2];
};

/* Reads it all. 0 or -ENOMEM and why. The caller frees the result. */
int recorded_read(struct trace_reader *r, struct recorded *to, struct failure *f);
void recorded_free(struct recorded *r);

#endif
