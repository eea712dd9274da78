/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_counters.h: the counts of the kernel's programs, read in place. There is room for every
 * cache on every CPU, most of which is never used. So a large map is mapped only while it is read,
 * and of a pool only what is used.
 */
#ifndef SLABSCOPE_KERNEL_COUNTERS_H
#define SLABSCOPE_KERNEL_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/kernel_programs.h"

struct kernel_counters_part {
	struct kernel_map map;
	void *memory;  /* NULL: nothing is mapped */
	size_t size;   /* bytes */
	size_t offset; /* of the mapped bytes in the map */
};

/* One reading. Programs write while it reads: read each value once, and limit it. */
struct kernel_counters {
	const struct kernel_programs *programs;
	struct kernel_counters_part counts, inferences, slows, buckets;
	const volatile struct kernel_count *count;	 /* [slots], of the current CPU */
	const volatile struct kernel_inferred *inferred; /* the same; NULL: no inferred counts */
};

/* Begins and ends a reading. Zero r before the first one, and keep it for the next. */
void kernel_counters_begin(struct kernel_counters *r, const struct kernel_programs *k);
void kernel_counters_end(struct kernel_counters *r);

/* Unmaps all, before the programs are closed. */
void kernel_counters_close(struct kernel_counters *r);

/* Selects a CPU. Returns 0 or a negative errno. */
int kernel_counters_cpu(struct kernel_counters *r, uint32_t cpu);

/*
 * Maps all of a pool that is in use. Returns false if there is nothing at the place, or mapping
 * fails.
 */
bool kernel_counters_map_pool(struct kernel_counters_part *w, uint32_t place);

/*
 * Returns the element of a pool at a place, 1 + its index; valid until the next call. NULL: there
 * is none, or mapping fails.
 */
static inline const volatile void *kernel_counters_at(struct kernel_counters_part *w,
						      uint32_t place)
{
	size_t end = (size_t)place * w->map.element;

	if ((!place || end > w->size) && !kernel_counters_map_pool(w, place))
		return NULL;
	return (const char *)w->memory + end - w->map.element;
}

static inline const volatile struct kernel_slow *kernel_counters_slow(struct kernel_counters *r,
								      uint32_t place)
{
	return kernel_counters_at(&r->slows, place);
}

static inline const volatile struct kernel_buckets *kernel_counters_buckets(
	struct kernel_counters *r, uint32_t place)
{
	return kernel_counters_at(&r->buckets, place);
}

#endif
