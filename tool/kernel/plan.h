/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * plan.h: what slabscope does with what a kernel offers: the BPF programs to load; and for every
 * quantity how it is obtained, or why it is not and what to do. A pure function: no I/O, no clock,
 * no kernel version. Tests run it on facts of other kernels.
 */
#ifndef SLABSCOPE_PLAN_H
#define SLABSCOPE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/eras.h"
#include "kernel/facts.h"

enum quantity {
	QUANTITY_SIZES, /* objects, slabs, bytes, ...: /proc/slabinfo */
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
	bool inferred;	  /* inferred, not observed */
	char how[160];	  /* where known */
	char why[192];	  /* where not */
	char remedy[192]; /* "": there is none */
};

struct plan {
	enum era era;
	bool load[PROGRAMS];
	const char *probes; /* fentry kprobe tracepoint none: the best in use */
	uint32_t owner;	    /* enum kernel_owner */
	uint32_t cached;    /* enum kernel_cached: where CPUs keep free objects */
	uint32_t infer;	    /* the same: where refills are inferred from; 0: they are not */
	struct quantity_plan quantity[QUANTITIES];
};

void plan_make(const struct facts *facts, struct plan *to);

/* Returns whether the plan loads any BPF program. */
bool plan_loads(const struct plan *plan);

#endif
