/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_counts.h: the counts of a recording or a replay, and which of them are known. */
#ifndef SLABSCOPE_REPLAY_COUNTS_H
#define SLABSCOPE_REPLAY_COUNTS_H

#include "model/snapshot.h"
#include "slab.h"

/* Of a cache on a CPU, or of all its CPUs. */
struct replay_counts {
	union {
		uint64_t count[COUNTS]; /* by enum count */
		struct {
			uint64_t allocs, frees, hits, refills, bypasses, failed;
			uint64_t grows, flushes, list_moves, slab_frees;
			uint64_t origins
				[ORIGINS]; /* of refills; [failed]: calls without an object */
		};
	};
};

/* Which counts were observed. allocs, frees and failed always are. */
struct replay_known {
	bool served;   /* hits, refills, bypasses */
	bool inferred; /* these three are inferred */
	bool origins, flushes, grows, slab_frees, list_moves;
};
extern const struct replay_known replay_counts_all_known;

/* Returns what libslab has counted on a CPU. */
struct replay_counts replay_counts_of(const struct kmem_cache *kmem, unsigned cpu);

/* Adds c, or subtracts it where sign is -1. */
void replay_counts_add(struct replay_counts *to, const struct replay_counts *c, int sign);

/* Returns hits per allocation; NAN without allocations. */
double replay_counts_hit_rate(const struct replay_counts *c);

/* Sets the hits of a recorded kernel: the allocations that are neither refills nor bypasses. */
void replay_counts_derive_hits(struct replay_counts *c);

/*
 * Returns what is known of a recorded kernel's cache. proved: the counts that events of the kernel
 * prove to have been observed; inferred, doubtful: as the recording says of this cache, with this
 * many refills.
 */
struct replay_known replay_counts_known(uint32_t proved, bool inferred, uint64_t doubtful,
					uint64_t refills);

#endif
