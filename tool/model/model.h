/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * model.h: two snapshots -> what happened between them: counts of the round, hit rates, percentiles.
 *
 * A model is what every view shows: screen, batch text and JSON. It does no I/O and asks no clock,
 * and it owns all that it holds, so that it outlives the snapshots it was made from.
 */
#ifndef SLABSCOPE_MODEL_H
#define SLABSCOPE_MODEL_H

#include "model/cache_key.h"
#include "model/traffic.h"

struct model_cpu {
	uint32_t cpu;
	struct traffic traffic; /* known masks are the cache's */
};

#define CALLERS_MAX 16 /* of a cache */

struct model_caller {
	struct snap_caller of; /* refills and grows of the round's sample */
	double share;	       /* of the cache's sampled refills, of its grows where it had none */
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
	struct hist *refill_ns; /* the round's; NULL: no refill, or latency is not known */
	struct model_cpu *cpu;	/* ascending; also those without events in the round */
	size_t nr_cpus;
	bool callers_known;
	struct model_caller
		*caller; /* those of the round; most refills first; CALLERS_MAX at most */
	size_t nr_callers;
};

struct model_side {
	enum side_kind kind;
	uint64_t id;
	int pid;		/* SIDE_REFERENCE */
	char comm[32];		/* SIDE_REFERENCE */
	bool gone;		/* the process ended in this round */
	bool replayed;		/* as in the snapshot */
	struct traffic traffic; /* of those caches where the count is known */
	bool bytes_known;
	uint64_t bytes;
	struct model_cache *cache;
	size_t nr_caches;
};

struct model {
	double wall; /* UNIX seconds at the end of the round */
	double interval_s;
	char release[72];
	char allocator[16];
	char probes[16];
	struct model_side *side;
	size_t nr_sides;
	struct snap_missing *missing;
	size_t nr_missing;
	bool callers;		 /* they were asked for */
	struct symbols *symbols; /* of their frames; held */
	/* slabscope itself, in the round */
	double cpu_percent; /* of one CPU; NAN while a recording is played */
	uint64_t rss_bytes;
	bool bpf_ns_known;
	double bpf_ns_per_event; /* of the kernel's programs, an allocation or free */
	double bpf_cpu_percent;	 /* what they took of one CPU */
	uint64_t unpaired, lost;
	struct snap_watch watch; /* what was watched in the round */
	struct snap_played played;
	int *cpu_node; /* the NUMA node of each CPU, -1 where it is not known */
	size_t nr_cpu_nodes;
};

/* The NUMA node of a CPU, -1 where it is not known. */
int model_node(const struct model *m, uint32_t cpu);

/*
 * Fills m from what happened from before to after. A side, cache or CPU that before does not have
 * counts from 0; a count that went back has begun anew, and counts from 0 too. Sides that had ended
 * already in before are left out.
 * Returns 0 or -ENOMEM, and then m is empty. The caller frees m with model_free().
 */
int model_make(struct model *m, const struct snapshot *before, const struct snapshot *after);
void model_free(struct model *m);

#endif
