/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_counters.h: what the kernel's programs have counted, read in place. Memory of a large map is there
 * only while it is read, and of a pool only what is used: there is room for every cache on every
 * CPU, and most of it is never touched.
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

/* Of one reading. Values are written while they are read: read each once, and bound it. */
struct kernel_counters {
	const struct kernel_programs *programs;
	struct kernel_counters_part counts, inferences, slows, buckets;
	const volatile struct kernel_count *count;	 /* [slots], of the chosen CPU */
	const volatile struct kernel_inferred *inferred; /* the same; NULL: nothing is inferred */
};

/* r: all zero at first; the same one each time. */
void kernel_counters_begin(struct kernel_counters *r, const struct kernel_programs *k);
void kernel_counters_end(struct kernel_counters *r);

/* Of the last reading: before the programs go. */
void kernel_counters_close(struct kernel_counters *r);

/* Chooses a CPU. 0 or a negative errno. */
int kernel_counters_cpu(struct kernel_counters *r, uint32_t cpu);

/* Maps all of a pool that is used now. False: there is nothing at that place, or it cannot be mapped. */
bool kernel_counters_map_pool(struct kernel_counters_part *w, uint32_t place);

/* What stands in a pool at such a place, 1 + its index: valid until the next call. NULL: nothing does, or it
 * cannot be mapped. */
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
