/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * snapshot.h: what a source yields: cumulative counts and histograms at one time, nothing derived.
 *
 * What a source cannot observe is not in its `known` mask: a screen says n/a, JSON says null. A count
 * that is known and 0 is a real 0.
 */
#ifndef SLABSCOPE_SNAPSHOT_H
#define SLABSCOPE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/hist.h"
#include "model/origin.h"

/* What is counted, for a cache and for a cache on one CPU. */
enum count {
	COUNT_ALLOCS,
	COUNT_FREES,
	COUNT_HITS,
	COUNT_REFILLS,
	COUNT_BYPASSES,
	COUNT_FAILED,
	COUNT_GROWS,
	COUNT_FLUSHES,
	COUNT_LIST_MOVES,
	COUNT_SLAB_FREES,
	COUNT_ORIGIN, /* + enum origin */
	COUNTS = COUNT_ORIGIN + ORIGINS
};
extern const char *const count_names[COUNT_ORIGIN]; /* "allocs", ... as in JSON */
#define COUNT_BIT(c) (1u << (c))
_Static_assert(COUNTS <= 32, "a mask of counts fits in 32 bits");

/* What is measured at an instant. */
enum gauge {
	GAUGE_OBJECT_SIZE,
	GAUGE_OBJECTS,
	GAUGE_ACTIVE_OBJECTS,
	GAUGE_CACHED_OBJECTS,
	GAUGE_SLABS,
	GAUGE_BYTES,
	GAUGE_LIMIT,
	GAUGE_BATCHCOUNT,
	GAUGE_ACTIVE_SLABS,
	GAUGE_SLAB_PAGES, /* of one slab */
	GAUGES
};
extern const char *const gauge_names[GAUGES]; /* "object_size", ... as in JSON */
#define GAUGE_BIT(g) (1u << (g))

struct snap_cpu {
	uint32_t cpu;
	uint64_t count[COUNTS];
	struct cpu_hist *
		refill_ns; /* the side's; NULL: none yet, or latency is not known (see the cache) */
};

#define SNAP_FRAMES 20

/* A process and a stack, and how many of the cache's refills and grows a sample found there. */
struct snap_caller {
	int pid;
	uint32_t nr_frames;
	uint64_t frame[SNAP_FRAMES]; /* addresses, the innermost first; 0 after the last */
	char comm[16];
	uint64_t refills, grows;
};

struct snap_cache {
	uint64_t
		id; /* the same cache in two snapshots has the same id, another cache another one */
	char name[64];
	bool aliases_known;
	char *aliases;		  /* other names of the same cache, one a line; NULL: none */
	uint32_t counts_known;	  /* of COUNT_BIT */
	uint32_t counts_inferred; /* those of them that were not seen, but inferred from what was */
	uint32_t gauges_known;	  /* of GAUGE_BIT */
	bool latency_known;
	bool cpus_known; /* false: counts are of the whole cache and stand in total only */
	uint64_t gauge[GAUGES];
	uint64_t total[COUNTS];	  /* of all CPUs */
	struct hist *refill_ns;	  /* of all CPUs; NULL as above */
	struct snap_cpu *cpu;	  /* ascending by number; only CPUs that ever counted something */
	size_t nr_cpus, max_cpus; /* there; there is room for */
	struct hist_rooms *rooms; /* the side's */
	bool callers_known;
	struct snap_caller *caller; /* in any order */
	size_t nr_callers;
};

enum side_kind { SIDE_KERNEL, SIDE_REFERENCE };

/* The kernel, or one process that contains libslab. */
struct snap_side {
	enum side_kind kind;
	uint64_t
		id; /* the same process in two snapshots has the same id; a reused pid another one */
	int pid;    /* SIDE_REFERENCE */
	char comm[32]; /* SIDE_REFERENCE */
	bool gone;     /* the process has ended: these are its final counts */
	bool replayed; /* no process, but what came of another side's stream in the reference */
	struct snap_cache *cache;
	size_t nr_caches;
	struct hist_rooms *rooms; /* where the CPUs' histograms stand */
};

/* What a step was; the same numbers as enum ref_step_kind. */
enum step_kind { STEP_GROW, STEP_LIST_MOVE, STEP_DESTROY, STEP_FLUSH, STEP_REFILL };

/* A step of the cache that is watched: what one probe of libslab said. */
struct snap_step {
	enum step_kind kind;
	uint32_t tid, cpu, node;
	uint64_t number; /* ascending; a gap: steps that were lost */
	uint64_t seq;	 /* orders the steps of a node */
	uint64_t slab;
	uint64_t a, b, c; /* as enum ref_step_kind says */
	uint64_t ns;
};

/* The steps since the snapshot before, in the order in which they came. */
struct snap_watch {
	bool on;
	uint64_t side, cache; /* ids */
	struct snap_step *step;
	size_t nr;
};

/* What a source cannot show, or only in part. */
struct snap_missing {
	char what[64];
	char why[192];
	char remedy[192]; /* "" when there is none */
};

struct symbols;

/* Where in a recording it was taken; of 0: it is not of one. */
struct snap_played {
	uint64_t at_ns, of_ns; /* from its first event on */
	bool over;	       /* there is no event after it */
	bool jumped;	       /* what was shown before is not what came before */
};

struct snapshot {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	double wall;	  /* UNIX seconds */
	struct snap_side *side;
	size_t nr_sides;
	struct snap_missing *missing;
	size_t nr_missing;
	/* the kernel, as the kernel source found it */
	char release[72];
	char allocator[16]; /* slab slub mixed sheaves, or "" */
	char probes[16];    /* fsession fentry kprobe tracepoint none, or "" */
	/* slabscope itself; cumulative */
	bool callers;		 /* they were asked for */
	struct symbols *symbols; /* of their frames; held */
	uint64_t unpaired;	 /* refills whose start or end was not seen */
	uint64_t lost;		 /* events that found no room, and recursion misses */
	uint64_t self_cpu_ns;
	uint64_t rss_bytes;
	bool bpf_ns_known;
	double bpf_ns_per_event; /* in the last sample */
	double bpf_cpu_percent;	 /* the same, of one CPU */
	struct snap_watch watch;
	struct snap_played played;
	int *cpu_node; /* the NUMA node of each CPU, -1 where it is not known; NULL: of none */
	size_t nr_cpu_nodes;
};

/* All return NULL when there is no memory. What they return is owned by the snapshot, and is valid
 * until the next call for the same array. */
/* The side of that kind and id if there is one already, else a new one. */
struct snap_side *snapshot_add_side(struct snapshot *s, enum side_kind kind, uint64_t id);
struct snap_cache *snapshot_add_cache(struct snap_side *side, uint64_t id, const char *name);
struct snap_cpu *snapshot_add_cpu(struct snap_cache *cache,
				  uint32_t cpu); /* in any order; see finish */
/* Makes room for so many, of which there may then be fewer or more. 0 or -ENOMEM. */
int snapshot_expect_cpus(struct snap_cache *cache, size_t nr);
struct snap_caller *snapshot_add_caller(struct snap_cache *cache);
struct hist *snapshot_add_hist(struct hist **slot); /* zeroed; the existing one if there is one */
/* Adds an entry unless one with the same what is there. */
int snapshot_add_missing(struct snapshot *s, const char *what, const char *why, const char *remedy);

/* Sorts the CPUs, makes one of those added twice, and sums totals and the cache's histogram from them where cpus_known. Call it when
 * all CPUs of the cache are there. Returns -ENOMEM or 0. */
int snapshot_finish_cache(struct snap_cache *cache);

/* Frees what it holds and zeroes it. */
void snapshot_free(struct snapshot *s);

#endif
