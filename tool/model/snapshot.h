/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * snapshot.h: what a source yields: cumulative counts and histograms at one time, nothing derived.
 *
 * What a source cannot observe is not in its known mask: screens show n/a, JSON null. A count that
 * is known and 0 is a real 0.
 */
#ifndef SLABSCOPE_SNAPSHOT_H
#define SLABSCOPE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/hist.h"
#include "model/origin.h"

/* The counts of a cache, and of a cache on one CPU. */
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

/* Values at an instant. */
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
	GAUGE_SLAB_PAGES,      /* of one slab */
	GAUGE_SLABINFO_ACTIVE, /* active and cached objects: "active" in slabinfo */
	GAUGES
};
extern const char *const gauge_names[GAUGES]; /* "object_size", ... as in JSON */
#define GAUGE_BIT(g) (1u << (g))

struct snap_cpu {
	uint32_t cpu;
	uint64_t count[COUNTS];
	uint64_t doubtful; /* inferred refills that were not, or refills that were not inferred */
	struct cpu_hist *refill_ns; /* NULL: none yet, or unknown */
};

#define SNAP_FRAMES 20

/* A process and a stack, with the sampled refills and grows of the cache there. */
struct snap_caller {
	int pid;
	uint32_t nr_frames;
	uint64_t frame[SNAP_FRAMES]; /* addresses, the innermost first; 0 after the last */
	char comm[16];
	uint64_t refills, grows;
};

struct snap_cache {
	uint64_t id; /* the same in all snapshots; no other cache has it */
	char name[64];
	bool aliases_known;
	char *aliases;		  /* other names of the same cache, one a line; NULL: none */
	uint32_t counts_known;	  /* of COUNT_BIT */
	uint32_t counts_inferred; /* those that are inferred, not observed */
	uint32_t gauges_known;	  /* of GAUGE_BIT */
	bool latency_known;
	bool cpus_known; /* false: only total has counts, of the whole cache */
	uint64_t gauge[GAUGES];
	uint64_t total[COUNTS];	  /* of all CPUs */
	uint64_t doubtful;	  /* the same; a recording does not say on which CPU */
	struct hist *refill_ns;	  /* of all CPUs; NULL as above */
	struct snap_cpu *cpu;	  /* ascending by number; CPUs that ever counted anything */
	size_t nr_cpus, max_cpus; /* used; allocated */
	struct hist_rooms *rooms; /* the side's */
	bool callers_known;
	struct snap_caller *caller; /* in any order */
	size_t nr_callers;
};

enum side_kind { SIDE_KERNEL, SIDE_REFERENCE };

/* The kernel, or one process that contains libslab. */
struct snap_side {
	enum side_kind kind;
	uint64_t id;   /* the same in all snapshots; a reused pid has another one */
	int pid;       /* SIDE_REFERENCE */
	char comm[32]; /* SIDE_REFERENCE */
	bool gone;     /* the process has ended: these are its final counts */
	bool replayed; /* not a process: the stream of another side, replayed in the reference */
	struct snap_cache *cache;
	size_t nr_caches;
	struct hist_rooms *rooms; /* the memory of their histograms */
};

/* Kinds of steps; the same numbers as enum ref_step_kind. */
enum step_kind { STEP_GROW, STEP_LIST_MOVE, STEP_DESTROY, STEP_FLUSH, STEP_REFILL };

#define STEP_UNKNOWN UINT64_MAX /* a value of a step */

/* A step of the watched cache, from one probe of libslab. */
struct snap_step {
	enum step_kind kind;
	uint32_t tid, cpu, node;
	uint64_t number; /* ascending; a gap: lost steps */
	uint64_t seq;	 /* orders the steps of a node */
	uint64_t slab;
	uint64_t a, b, c; /* as enum ref_step_kind documents */
	uint64_t ns;
};

/* The steps since the snapshot before, in order. */
struct snap_watch {
	bool on;
	uint64_t side, cache; /* ids */
	struct snap_step *step;
	size_t nr;
};

/* What a source cannot show, or only partly. */
struct snap_missing {
	char what[192];
	char why[512];
	char remedy[192]; /* "" when there is none */
};

struct symbols;

/* The position in a recording; of_ns 0: not a recording. */
struct snap_played {
	uint64_t at_ns, of_ns; /* since its first event */
	bool over;	       /* it has no later event */
	bool jumped;	       /* the position jumped: earlier intervals do not precede it */
};

struct snapshot {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	double wall;	  /* UNIX seconds */
	struct snap_side *side;
	size_t nr_sides;
	struct snap_missing *missing;
	size_t nr_missing;
	/* the kernel, from the kernel source */
	char release[72];
	char allocator[16]; /* slab slub mixed sheaves, or "" */
	char probes[16];    /* fsession fentry kprobe tracepoint none, or "" */
	/* slabscope itself; cumulative */
	bool callers;		 /* the user wants them */
	struct symbols *symbols; /* names for their frames */
	uint64_t unpaired;	 /* refills with an unseen start or end */
	uint64_t lost;		 /* events without room, and recursion misses */
	uint64_t self_cpu_ns;
	uint64_t rss_bytes;
	bool bpf_ns_known;
	double bpf_ns_per_event; /* in the last sample */
	double bpf_cpu_percent;	 /* the same, of one CPU */
	struct snap_watch watch;
	struct snap_played played;
	int *cpu_node; /* the NUMA node of each CPU, -1: unknown; NULL: all unknown */
	size_t nr_cpu_nodes;
};

/*
 * Return NULL without memory. The snapshot owns the result, which is valid until the next call for
 * the same array.
 */
/* Returns the side of that kind and id; a new one if there is none. */
struct snap_side *snapshot_add_side(struct snapshot *s, enum side_kind kind, uint64_t id);
struct snap_cache *snapshot_add_cache(struct snap_side *side, uint64_t id, const char *name);
struct snap_cpu *snapshot_add_cpu(struct snap_cache *cache,
				  uint32_t cpu); /* in any order; see finish */
/* Makes room for so many CPUs; there may be fewer or more. Returns 0 or -ENOMEM. */
int snapshot_expect_cpus(struct snap_cache *cache, size_t nr);
struct snap_caller *snapshot_add_caller(struct snap_cache *cache);
struct hist *snapshot_add_hist(struct hist **slot); /* zeroed, or the existing one */
/* Adds an entry unless there is one for the same what. */
int snapshot_add_missing(struct snapshot *s, const char *what, const char *why, const char *remedy);

/*
 * Sets the active objects: those of slabinfo without the cached ones; unknown without either. Call
 * it when both gauges are set.
 */
void snapshot_set_active(struct snap_cache *cache);

/*
 * Sorts the CPUs, joins entries of the same CPU, and sums totals and the histogram of the cache
 * where cpus_known. Call it when all CPUs are added. Returns 0 or -ENOMEM.
 */
int snapshot_finish_cache(struct snap_cache *cache);

/* Frees what it holds, and zeroes it. */
void snapshot_free(struct snapshot *s);

#endif
