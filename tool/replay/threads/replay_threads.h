/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * replay_threads.h: runs a recording through libslab's real caches, on a thread for each recorded CPU, to
 * see how long refills really take. The counts are those of this machine and this run: where there are as
 * many CPUs as were recorded they are near those of replay.h, which are exact.
 *
 * Each thread does what its CPU did, in that order. A free waits until the allocation that it undoes has
 * taken place; and nobody gets more than REPLAY_THREADS_AHEAD events of the recording ahead of the others.
 *
 * A duration is what libslab itself measures: from right before cache_alloc_refill() to right after it.
 * Neither the hit that failed before it nor the call out of line are in it; one reading of the clock is:
 * what two readings without anything between them show. That is measured in each run, on each thread.
 */
#ifndef SLABSCOPE_REPLAY_THREADS_H
#define SLABSCOPE_REPLAY_THREADS_H

#include "replay/replay.h"
#include "model/snapshot.h"

#define REPLAY_THREADS_AHEAD  1024
#define REPLAY_THREADS_REPEAT 1000 /* at most */

struct replay_threads_settings {
	struct replay_settings replay; /* tunables, freelist, caches */
	unsigned repeat;	       /* runs, 1 to REPLAY_THREADS_REPEAT; each on new caches */
};

/* Of a quantity, over the runs; NAN where no run has one. */
struct replay_range {
	double min, median, max;
};

enum replay_quantile {
	REPLAY_P50,
	REPLAY_P90,
	REPLAY_P99,
	REPLAY_P999,
	REPLAY_MAX,
	REPLAY_QUANTILES
};
extern const double replay_threads_share[REPLAY_QUANTILES];

struct replay_threads_cache {
	char name[TRACE_TEXT], comm[TRACE_TEXT];
	uint32_t pid; /* 0: the kernel */
	unsigned object_size, objects_per_slab;
	unsigned limit, batchcount, sharedfactor; /* at the end of the last run */
	bool replayed;
	const char *why_not; /* where it is not; then nothing follows */

	uint64_t live_before, freed_unseen; /* as in struct replay_cache */
	struct replay_counts *run;	    /* [repeat] */
	struct replay_counts
		*cpu_run;	/* [repeat][cpus]: by this machine's CPUs, replay_threads.cpu */
	double *peak;		/* [repeat]: objects outside of slabs at most */
	struct hist *refill_ns; /* [repeat]: as measured, with the clock's reading in it */

	struct replay_range hit_rate, refills, refills_per_1000; /* of allocations */
	struct replay_range peak_objects;			 /* in use or in arrays, at most */
	struct replay_range
		refill_ns_of[REPLAY_QUANTILES]; /* less the median empty pair, 0 at least */
};

/* One for each recorded CPU that did anything. */
struct replay_thread {
	unsigned recorded, real; /* CPU numbers; several threads may share a real one */
};

struct replay_threads {
	struct replay_threads_cache *cache;
	size_t nr_caches;
	unsigned repeat;
	uint64_t events, nonsense, processes; /* as in struct replay */
	uint64_t seconds_ns;		      /* from the first event to the last, as recorded */

	struct replay_thread *thread;
	unsigned nr_threads;
	unsigned *cpu, cpus; /* this machine's CPUs that took part, ascending, and how many */
	unsigned nodes_recorded, nodes_real;
	const char *backend; /* of libslab: "rseq" or "lock" */

	double *took_s;		   /* [repeat]: real time of each run, without its preparation */
	struct replay_range waits; /* frees that had to wait for another CPU's allocation */
	struct hist empty_ns;	   /* empty pairs of clock readings, of all runs */
	double empty_median, empty_low, empty_high; /* of them: 50 %, 5 %, 95 % */
	uint64_t plan_bytes;			    /* what the prepared stream took */
};

/*
 * Prepares the recording once, and runs it s->repeat times. 0, or -errno and why: no memory, no thread.
 * The caller frees the result. Needs no privilege; nothing else in this process may use libslab's
 * refill hook meanwhile.
 */
int replay_threads_run(struct trace_reader *r, const struct replay_threads_settings *s,
		       struct replay_threads *to, struct failure *f);
void replay_threads_free(struct replay_threads *t);

/* Of n values, which it sorts; NANs are left out. */
struct replay_range replay_threads_range_of(double *value, size_t n);

/* Of durations as measured, the share's (0..1; 1: the longest) less the median empty pair; NAN without. */
double replay_threads_quantile(const struct replay_threads *t, const struct hist *h, double share);

/* Returns the real time of the runs. */
struct replay_range replay_threads_took(const struct replay_threads *t);

/* All runs' refills of a cache in one histogram, as measured. */
void replay_threads_hist(const struct replay_threads *t, const struct replay_threads_cache *c,
			 struct hist *to);

#endif
