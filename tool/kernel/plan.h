/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * plan.h: from what a kernel offers to what slabscope does with it: which BPF programs to load and,
 * for every quantity, how it is obtained, or why it cannot be and what to do about that. A pure
 * function: no I/O, no clock, no kernel version; tested on facts of kernels that are not running.
 */
#ifndef SLABSCOPE_PLAN_H
#define SLABSCOPE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/eras.h"
#include "kernel/facts.h"

enum quantity {
	QUANTITY_SIZES, /* objects, active objects, slabs, bytes, ...: /proc/slabinfo */
	QUANTITY_ALLOCS,
	QUANTITY_FREES,
	QUANTITY_KMALLOC, /* allocs and frees of the caches behind kmalloc() */
	QUANTITY_LARGE,	  /* allocs and frees of what kmalloc() takes from the page allocator */
	QUANTITY_BULK,	  /* allocs and frees in bulk, of all caches */
	QUANTITY_FAILED,
	QUANTITY_REFILLS,
	QUANTITY_HITS,
	QUANTITY_LATENCY,
	QUANTITY_ORIGINS,
	QUANTITY_BYPASSES,
	QUANTITY_GROWS,
	QUANTITY_FLUSHES,
	QUANTITY_LIST_MOVES,
	QUANTITY_SLAB_FREES,
	QUANTITY_CACHED,  /* objects in the CPUs' arrays */
	QUANTITY_CALLERS, /* processes and stacks behind refills and grows */
	QUANTITIES
};
extern const char *const plan_quantity_names[QUANTITIES];

struct quantity_plan {
	bool known;
	bool inferred;	  /* known, but not seen: from what else is seen */
	char how[160];	  /* where known */
	char why[192];	  /* where not */
	char remedy[192]; /* "" where there is none */
};

struct plan {
	enum era era;
	bool load[PROGRAMS];
	const char *probes; /* fentry kprobe tracepoint none: the best that is used */
	uint32_t owner;	    /* enum kernel_owner */
	uint32_t cached;    /* of enum kernel_cached: where the CPUs' free objects lie */
	uint32_t infer;	    /* of the same: what refills are inferred from, 0: they are not */
	struct quantity_plan quantity[QUANTITIES];
};

void plan_make(const struct facts *facts, struct plan *to);

/* True where the plan loads any BPF program. */
bool plan_loads(const struct plan *plan);

#endif
