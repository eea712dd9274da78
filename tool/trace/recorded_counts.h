/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * recorded_counts.h: a recording as cumulative counts up to any time in it. The memory depends on
 * the number of caches and CPUs so far, not on the length of the recording.
 */
#ifndef SLABSCOPE_RECORDED_COUNTS_H
#define SLABSCOPE_RECORDED_COUNTS_H

#include "model/choice.h"
#include "base/failure.h"
#include "model/snapshot.h"
#include "trace/trace_reader.h"

/* histograms, one for each cache on a CPU; more latencies are lost */
#define RECORDED_COUNTS_HISTS 65536
#define RECORDED_COUNTS_STEPS 65536 /* kept of the watched cache; the first of more are lost */

struct recorded_counts_cpu {
	uint32_t cpu;
	uint64_t count[COUNTS];
	struct hist *refill_ns; /* NULL: none yet */
};

struct recorded_counts_cache {
	uint32_t number, pid; /* pid 0: the kernel */
	char name[TRACE_TEXT], comm[TRACE_TEXT];
	uint32_t cpus; /* the highest number plus 1; events of higher CPUs are invalid */
	uint64_t object_size, objects_per_slab, slab_bytes, limit, batchcount;
	uint64_t slabs; /* wraps where a recording contradicts itself */
	bool slabs_known;
	bool inferred;			 /* refills, hits and bypasses are inferred */
	uint64_t doubtful;		 /* refills that may be wrong */
	struct recorded_counts_cpu *cpu; /* ascending */
	size_t nr_cpus, last;		 /* the CPU of the last event */
};

struct recorded_counts {
	struct trace_reader *reader;
	const struct choice *choice;	/* of caches */
	uint32_t only_pid;		/* 0: all */
	const struct trace_event *next; /* NULL: the end */
	uint64_t first_ns,
		length_ns; /* of the first event; and the time to the end, as far as it is known */
	uint64_t at_ns;	   /* counted up to here, from the first event on */
	struct recorded_counts_cache *cache; /* in the order of the recording */
	size_t nr_caches;
	uint32_t number[TRACE_CACHES]; /* 1 + index of cache; 0: none */
	uint32_t proved; /* counts of the kernel that its events prove to have been observed */
	bool timed;	 /* refills of the kernel have durations */
	size_t hists;
	uint64_t lost, nonsense;
	/* The steps of the watched cache: all so far, then those since the last snapshot. */
	uint32_t watched; /* 1 + number; 0: none */
	bool again;	  /* the next count starts again, for the steps before */
	struct snap_step *step;
	size_t nr_steps;
	uint64_t next_step;
};

/* Opens a recording. Returns 0, or -errno and why: no recording, a newer format, no events. */
int recorded_counts_open(struct recorded_counts **to, const char *dir, const struct choice *choice,
			 int only_pid, struct failure *f);
void recorded_counts_close(struct recorded_counts *r);

/*
 * Counts the events before that time, relative to the first event; an earlier time than before
 * starts again. Returns 0 or -ENOMEM.
 */
int recorded_counts_go(struct recorded_counts *r, uint64_t at_ns);

/* Keeps the steps of a cache, by 1 + its number, from the beginning on; 0: of none. */
void recorded_counts_watch(struct recorded_counts *r, uint32_t cache);

static inline bool recorded_counts_over(const struct recorded_counts *r)
{
	return !r->next;
}

#endif
