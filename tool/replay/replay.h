/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * replay.h: runs a recording through libslab, on as many virtual CPUs and nodes as were recorded.
 * The same recording with the same settings always gives the same counts.
 */
#ifndef SLABSCOPE_REPLAY_H
#define SLABSCOPE_REPLAY_H

#include <stdbool.h>

#include "base/failure.h"
#include "base/progress.h"
#include "replay/replay_counts.h"
#include "trace/trace_reader.h"

struct replay_settings {
	int limit, batchcount,
		sharedfactor;	   /* -1: as recorded; batchcount with a limit: half of it */
	int bufctl;		   /* 1: chains; 0: index arrays; -1: what libslab chooses */
	const char *const *caches; /* only these, with * and ?; NULL: all; NULL ends the list */
	/*
	 * The number of equal parts of the recorded time with counts of their own, from .. to (ns);
	 * 0: none.
	 */
	unsigned slices;
	uint64_t slices_from, slices_to;
	struct progress *progress; /* NULL: not shown */
};

/* A part of the recorded time: the counts of all CPUs, and the share of each CPU. */
struct replay_slice {
	struct replay_counts recorded, replayed;
	struct replay_slice_cpu {
		uint64_t allocs, hits;
	} * cpu_recorded, *cpu_replayed; /* [cpus] */
};

struct replay_cache {
	char name[TRACE_TEXT], comm[TRACE_TEXT];
	unsigned number; /* in the recording */
	uint32_t pid;	 /* 0: the kernel */
	unsigned object_size, objects_per_slab, cpus, nodes;
	size_t slab_bytes;
	unsigned limit, batchcount, sharedfactor; /* in the replay, at its end */
	bool kernel;				  /* the kernel was recorded, not libslab */
	bool replayed;
	const char *why_not; /* why it is not replayed */

	struct replay_counts recorded, replayed_counts;
	struct replay_known known;			   /* of recorded and cpu_recorded */
	uint64_t doubtful;				   /* inferred refills that may be wrong */
	struct replay_counts *cpu_recorded, *cpu_replayed; /* [cpus] */
	struct replay_slice *slice;			   /* [settings.slices]; NULL: none */

	uint64_t live_before;  /* frees of objects that are older than the recording */
	uint64_t freed_unseen; /* objects whose free was not recorded */
	/* objects in use at the end, without those older than the recording */
	uint64_t live;
	uint64_t peak_bytes; /* of slabs */
	uint64_t peak_used;  /* bytes in use at that time */
	double idle_mean;    /* objects in the arrays of the CPUs, on average over the events */
	uint64_t idle_peak;
};

struct replay {
	struct replay_cache *cache;
	size_t nr_caches;
	uint64_t events, seconds_ns; /* and the time from the first to the last of them */
	uint64_t processes;
	uint64_t nonsense; /* events that contradict earlier ones: of no known cache or CPU */
	uint64_t map_bytes, peak_live; /* memory for finding objects, and their highest number */
	double took_s;		       /* real time of this replay */
};

/*
 * Replays the recording from the first event to the last. Returns 0, or -errno and why. The caller
 * frees the result.
 */
int replay_run(struct trace_reader *r, const struct replay_settings *s, struct replay *to,
	       struct failure *f);
void replay_free(struct replay *r);

#endif
