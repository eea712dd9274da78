/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * recorded_counts.h: a recording as cumulative counts: what had been counted up to any time in it. Memory is that
 * of the caches and CPUs that were counted so far, however long the recording is.
 */
#ifndef SLABSCOPE_RECORDED_COUNTS_H
#define SLABSCOPE_RECORDED_COUNTS_H

#include "model/choice.h"
#include "base/failure.h"
#include "model/snapshot.h"
#include "trace/trace_reader.h"

#define RECORDING_HISTS 65536 /* histograms of a cache on a CPU; more latencies are lost */
#define RECORDING_STEPS \
	65536 /* of the watched cache, from one snapshot to the next; more are lost */

struct recording_cpu {
	uint32_t cpu;
	uint64_t count[COUNTS];
	struct hist *refill_ns; /* NULL: none yet */
};

struct recording_cache {
	uint32_t number, pid; /* pid 0: the kernel's */
	char name[TRACE_TEXT], comm[TRACE_TEXT];
	uint32_t cpus; /* may be fewer than the recording names: then those are nonsense */
	uint64_t object_size, objects_per_slab, slab_bytes, limit, batchcount;
	uint64_t slabs; /* wraps where a recording contradicts itself */
	bool slabs_known;
	bool inferred;		   /* its refills, hits and bypasses are */
	uint64_t doubtful;	   /* of them */
	struct recording_cpu *cpu; /* ascending */
	size_t nr_cpus, last;	   /* last: the one that was counted last */
};

/* What the recording has shown of the kernel so far: which counts it tells of. */
struct recording_seen {
	bool served, refills, latency, flushes, grows, slab_frees;
};

struct recording {
	struct trace_reader *reader;
	const struct choice *choice;	/* of caches */
	uint32_t only_pid;		/* 0: all */
	const struct trace_event *next; /* NULL: there is none */
	uint64_t first_ns,
		length_ns; /* of the first event; to behind the last one, as far as is known */
	uint64_t at_ns;	   /* counted up to here, from the first on */
	struct recording_cache *cache; /* as they came */
	size_t nr_caches;
	uint32_t number[TRACE_CACHES]; /* 1 + which of cache; 0: none */
	struct recording_seen kernel;
	size_t hists;
	uint64_t lost, nonsense;
	/* The watched cache's steps since they were last taken. */
	uint32_t watched; /* 1 + number; 0: none */
	struct snap_step *step;
	size_t nr_steps;
	uint64_t next_step;
};

/* 0, or -errno and why: no recording, a newer one, nothing in it. */
int recording_open(struct recording **to, const char *dir, const struct choice *choice,
		   int only_pid, struct failure *f);
void recording_close(struct recording *r);

/* Counts what lies before that time, from the first event on; back: from the beginning again. 0 or -ENOMEM. */
int recording_go(struct recording *r, uint64_t at_ns);

static inline bool recording_over(const struct recording *r)
{
	return !r->next;
}

#endif
