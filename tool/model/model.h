/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * model.h: the difference of two snapshots: counts of the interval, hit rates, percentiles.
 *
 * Screens, batch text and JSON show a model. It does no I/O, reads no clock, and owns all that it
 * holds, so that it outlives its snapshots.
 */
#ifndef SLABSCOPE_MODEL_H
#define SLABSCOPE_MODEL_H

#include "model/cache_key.h"
#include "model/traffic.h"

struct model_cpu {
	uint32_t cpu;
	struct traffic traffic; /* the cache has the known masks */
};

#define CALLERS_MAX 16 /* of a cache */

struct model_caller {
	struct snap_caller of; /* sampled in the interval */
	double share;	       /* of the sampled refills; of the grows where there were none */
};

struct model_cache {
	uint64_t id;
	char name[64];
	bool aliases_known;
	char *aliases;	       /* other names of the same cache, one a line; NULL: none */
	uint32_t gauges_known; /* of GAUGE_BIT */
	bool cpus_known;
	uint64_t gauge[GAUGES];
	struct traffic traffic;
	struct hist *refill_ns; /* of the interval; NULL: no refill, or unknown */
	struct model_cpu *cpu;	/* ascending; also CPUs without events in the interval */
	size_t nr_cpus;
	bool callers_known;
	struct model_caller *caller; /* in the interval; most refills first; at most CALLERS_MAX */
	size_t nr_callers;
};

struct model_side {
	enum side_kind kind;
	uint64_t id;
	int pid;		 /* SIDE_REFERENCE */
	char comm[32];		 /* SIDE_REFERENCE */
	bool gone;		 /* the process ended in this interval */
	bool replayed;		 /* as in the snapshot */
	struct traffic traffic;	 /* of the caches with known counts */
	size_t left_out[COUNTS]; /* the others: caches whose count is unknown, and may not be 0 */
	bool bytes_known;
	uint64_t bytes;
	struct model_cache *cache;
	size_t nr_caches;
};

struct model {
	double wall; /* UNIX seconds at the end of the interval */
	double interval_s;
	char release[72];
	char allocator[16];
	char probes[16];
	struct model_side *side;
	size_t nr_sides;
	struct snap_missing *missing;
	size_t nr_missing;
	bool callers;		 /* the user wants them */
	struct symbols *symbols; /* names for the frames of the callers */
	/* slabscope itself, in the interval */
	double cpu_percent; /* of one CPU; NAN while a recording is played */
	uint64_t rss_bytes;
	bool bpf_ns_known;
	double bpf_ns_per_event; /* of BPF programs for each allocation or free */
	double bpf_cpu_percent;	 /* used by BPF programs, of one CPU */
	uint64_t unpaired, lost;
	struct snap_watch watch; /* steps of the watched cache */
	struct snap_played played;
	int *cpu_node; /* the NUMA node of each CPU; -1: unknown */
	size_t nr_cpu_nodes;
};

/* Returns the NUMA node of a CPU, -1 where it is unknown. */
int model_node(const struct model *m, uint32_t cpu);

/*
 * Fills m with the difference of two snapshots. A side, cache or CPU that is new counts from 0. So
 * does a count that fell, as it has begun anew. Sides that had ended before are left out. Returns
 * 0; or -ENOMEM, and m is empty. The caller frees m with model_free().
 */
int model_make(struct model *m, const struct snapshot *before, const struct snapshot *after);
void model_free(struct model *m);

#endif
