/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * recorded_latency.h: what a replay does not keep of a recording: latencies, memory, what was
 * observed.
 */
#ifndef SLABSCOPE_RECORDED_LATENCY_H
#define SLABSCOPE_RECORDED_LATENCY_H

#include "base/progress.h"
#include "compare/statistics.h"
#include "trace/trace_reader.h"

/* A cache, by its number in the recording. */
struct recorded_latency_cache {
	bool kernel;
	bool timed; /* a refill has a duration */
	uint64_t durations, seen;
	struct hist *part; /* [STATISTICS_PARTS] of as many durations each; NULL: none */
	uint64_t slab_bytes;
	int64_t slabs, slabs_peak;
	bool grew;
	bool state_known; /* the state at the beginning of the recording */
};

struct recorded_latency {
	struct recorded_latency_cache *cache; /* [nr] */
	size_t nr;
	uint64_t from, to; /* ns: the first event of a CPU, and after the last one */
	uint32_t proved
		[2]; /* by enum trace_side: counts that its events prove to have been observed */
};

/*
 * Reads the recording; progress may be NULL. Returns 0 or -ENOMEM and why. The caller frees the
 * result.
 */
int recorded_latency_read(struct trace_reader *r, struct progress *progress,
			  struct recorded_latency *to, struct failure *f);
void recorded_latency_free(struct recorded_latency *r);

#endif
