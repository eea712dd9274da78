/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_snapshot.h: the source of the kernel's snapshots, and the caches that it adds to them.
 * Only source_kernel.c includes it.
 */
#ifndef SLABSCOPE_KERNEL_SNAPSHOT_H
#define SLABSCOPE_KERNEL_SNAPSHOT_H

#include "system/aliases.h"
#include "kernel/kernel_callers.h"
#include "kernel/kernel_cost.h"
#include "kernel/kernel_programs.h"
#include "kernel/kernel_counters.h"
#include "kernel/plan_shed.h"
#include "kernel/kernel_cache_table.h"
#include "kernel/kernel_unseen.h"
#include "kernel/plan.h"
#include "system/slabinfo.h"
#include "model/source.h"

struct kernel_source {
	struct source source;
	const struct choice *choice;
	struct facts facts;
	struct plan whole;		  /* what this kernel permits */
	struct plan plan;		  /* what of it is in use */
	struct kernel_programs *programs; /* NULL: no callers, or no addresses */
	struct kernel_counters reading;
	struct kernel_hits {
		uint64_t shown;	 /* which must not fall */
		int64_t most;	 /* allocs minus those that were no hits, so far */
		uint64_t allocs; /* the same of them: shown */
	} * hits;		 /* [cpu * slots + slot] */
	uint32_t *active;	 /* [slots]: CPUs with counts at the last reading */
	struct failure broken;	 /* why the programs do not run, or "" */
	struct aliases aliases;
	uint64_t aliases_at; /* when they were read, monotonic nanoseconds; 0: never */
	size_t aliases_for;  /* rows of slabinfo then */
	double max_overhead;
	struct shedding shed;
	uint32_t left_out; /* counts that nothing shows */
	uint32_t refused;  /* counts that the kernel does not let be counted again */
	struct kernel_cost cost;
	bool callers;		       /* they are sampled */
	struct symbols *symbols;       /* NULL: no callers are wanted, or none can be had */
	struct kernel_callers sampled; /* of this reading */
	struct kernel_unseen unseen;
	uint64_t page_size;
	/* What is counted now, what was at the last reading, and what was counted all the time. */
	struct kernel_known {
		uint32_t counts; /* of COUNT_BIT, for caches that are seen in full */
		bool kmalloc, latency, callers;
	} now, last, known;
	uint32_t counts_inferred;
};

/*
 * Adds the chosen caches: those of slabinfo with their rows of the table, then the other rows.
 * Sorts the rows of info. Returns 0 or -ENOMEM.
 */
int kernel_snapshot_add(struct kernel_source *k, struct snap_side *side, struct slabinfo *info,
			struct kernel_cache_table *table);

#endif
