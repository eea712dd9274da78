/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * replay_threads.h: runs a recording through real caches of libslab, on a thread for each recorded
 * CPU. This measures refill time on this machine. The counts are those of this machine and this
 * run: with as many CPUs as were recorded they are near those of replay.h, which are exact.
 *
 * Each thread does what its CPU did, in the same order. A free waits for the allocation of its
 * object. No thread gets more than REPLAY_THREADS_AHEAD events of the recording ahead of the
 * others.
 *
 * libslab itself measures the duration: from right before cache_alloc_refill() to right after it.
 * The duration excludes the failed hit before it and the call out of line. It includes one reading
 * of the clock: the time between two readings in a row, which each thread measures in each run.
 */
#ifndef SLABSCOPE_REPLAY_THREADS_H
#define SLABSCOPE_REPLAY_THREADS_H

#include "replay/replay.h"
#include "model/snapshot.h"

#define REPLAY_THREADS_AHEAD  1024
#define REPLAY_THREADS_REPEAT 1000 /* at most */

struct replay_threads_settings {
	struct replay_settings replay; /* tunables, freelist, caches */
	unsigned repeat;	       /* runs, 1 to REPLAY_THREADS_REPEAT; each makes new caches */
};

/* A quantity over the runs; NAN where no run has it. */
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
	const char *why_not; /* why it is not replayed; then nothing follows */

	uint64_t live_before, freed_unseen; /* as in struct replay_cache */
	struct replay_counts *run;	    /* [repeat] */
	/* [repeat][cpus]: by the CPUs of this machine, replay_threads.cpu */
	struct replay_counts *cpu_run;
	double *peak;		/* [repeat]: the most objects outside of slabs */
	struct hist *refill_ns; /* [repeat]: as measured, with the reading of the clock */

	struct replay_range hit_rate, refills, refills_per_1000; /* per 1,000 allocations */
	/* the most objects in use or in arrays */
	struct replay_range peak_objects;
	/* the median empty pair is subtracted; 0 at least */
	struct replay_range refill_ns_of[REPLAY_QUANTILES];
};

/* A thread for each recorded CPU with events. */
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
	unsigned *cpu, cpus; /* CPUs of this machine that took part, ascending, and their number */
	unsigned nodes_recorded, nodes_real;
	const char *backend; /* of libslab: "rseq" or "lock" */

	double *took_s;		   /* [repeat]: real time of each run, without its preparation */
	struct replay_range waits; /* frees that waited for the allocation of another CPU */
	struct hist empty_ns;	   /* empty pairs of clock readings, of all runs */
	double empty_median, empty_low, empty_high; /* of them: 50 %, 5 %, 95 % */
	uint64_t plan_bytes;			    /* memory of the prepared stream */
};

/*
 * Prepares the recording once, and runs it s->repeat times. Returns 0, or -errno and why: no
 * memory, no thread. The caller frees the result. Needs no privilege. Nothing else in this process
 * may use the refill hook of libslab meanwhile.
 */
int replay_threads_run(struct trace_reader *r, const struct replay_threads_settings *s,
		       struct replay_threads *to, struct failure *f);
void replay_threads_free(struct replay_threads *t);

/* Returns the range of n values, which it sorts; it skips NANs. */
struct replay_range replay_threads_range_of(double *value, size_t n);

/*
 * Returns a quantile (0..1; 1: the longest) of measured durations minus the median empty pair; NAN
 * without durations.
 */
double replay_threads_quantile(const struct replay_threads *t, const struct hist *h, double share);

/* Returns the real time of the runs. */
struct replay_range replay_threads_took(const struct replay_threads *t);

/* Adds up the durations of a cache in all runs, as measured. */
void replay_threads_hist(const struct replay_threads *t, const struct replay_threads_cache *c,
			 struct hist *to);

#endif
