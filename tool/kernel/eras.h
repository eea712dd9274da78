/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * eras.h: the kernel's slab allocators. An era has its own slow path, and needs its own programs. A
 * new era is a file plan_NAME.c and a row of the table. All of it is pure.
 */
#ifndef SLABSCOPE_ERAS_H
#define SLABSCOPE_ERAS_H

#include "kernel/facts.h"

enum era {
	ERA_UNKNOWN,
	ERA_SLAB,    /* an array a CPU, a shared array, lists */
	ERA_TINY,    /* SLUB without CPU caches */
	ERA_SLUB,    /* a slab a CPU */
	ERA_MIXED,   /* a slab a CPU, and sheaves in caches that ask for them */
	ERA_SHEAVES, /* two sheaves a CPU, a barn a node */
	ERAS
};

struct planner;

struct era_row {
	const char *name; /* in JSON */
	const char *text; /* for people */
	bool (*is)(const struct facts *facts);
	void (*plan)(struct planner *p); /* plans the slow path */
	const char *why, *remedy;	 /* where there is no plan */
	uint32_t cached;  /* enum kernel_cached: where CPUs keep free objects; 0: nowhere */
	const char *look; /* what counts these objects */
	/*
	 * Where slabscope can watch no function, it infers refills from the same place; NULL: it
	 * cannot. A kernel with counters of its own has proved each of these right
	 * (tests/kernels/inferred.py).
	 */
	const char *refills, *bypasses; /* what they are inferred from */
	bool infers_rt;			/* also with PREEMPT_RT */
};
extern const struct era_row era_rows[ERAS];

enum era eras_find(const struct facts *facts);

#endif
