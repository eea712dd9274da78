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

#define RECORDED_COUNTS_HISTS 65536 /* histograms of a cache on a CPU; more latencies are lost */
#define RECORDED_COUNTS_STEPS \
	65536 /* of the watched cache, from one snapshot to the next; more are lost */

struct recorded_counts_cpu {
	uint32_t cpu;
	uint64_t count[COUNTS];
	struct hist *refill_ns; /* NULL: none yet */
};

struct recorded_counts_cache {
	uint32_t number, pid; /* pid 0: the kernel's */
	char name[TRACE_TEXT], comm[TRACE_TEXT];
	uint32_t cpus; /* may be fewer than the recording names: then those are nonsense */
	uint64_t object_size, objects_per_slab, slab_bytes, limit, batchcount;
	uint64_t slabs; /* wraps where a recording contradicts itself */
	bool slabs_known;
	bool inferred;			 /* its refills, hits and bypasses are */
	uint64_t doubtful;		 /* of them */
	struct recorded_counts_cpu *cpu; /* ascending */
	size_t nr_cpus, last;		 /* last: the one that was counted last */
};

struct recorded_counts {
	struct trace_reader *reader;
	const struct choice *choice;	/* of caches */
	uint32_t only_pid;		/* 0: all */
	const struct trace_event *next; /* NULL: there is none */
	uint64_t first_ns,
		length_ns; /* of the first event; to behind the last one, as far as is known */
	uint64_t at_ns;	   /* counted up to here, from the first on */
	struct recorded_counts_cache *cache; /* as they came */
	size_t nr_caches;
	uint32_t number[TRACE_CACHES]; /* 1 + which of cache; 0: none */
	uint32_t proved; /* counts of the kernel that its events prove to have been observed */
	bool timed;	 /* refills of the kernel have durations */
	size_t hists;
	uint64_t lost, nonsense;
	/* The watched cache's steps since they were last taken. */
	uint32_t watched; /* 1 + number; 0: none */
	struct snap_step *step;
	size_t nr_steps;
	uint64_t next_step;
};

/* 0, or -errno and why: no recording, a newer one, nothing in it. */
int recorded_counts_open(struct recorded_counts **to, const char *dir, const struct choice *choice,
			 int only_pid, struct failure *f);
void recorded_counts_close(struct recorded_counts *r);

/* Counts what lies before that time, from the first event on; back: from the beginning again. 0 or -ENOMEM. */
int recorded_counts_go(struct recorded_counts *r, uint64_t at_ns);

static inline bool recorded_counts_over(const struct recorded_counts *r)
{
	return !r->next;
}

#endif
