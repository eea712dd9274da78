/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* kernel_callers.h: the sampled callers of refills, by cache, with the frames of interest. */
#ifndef SLABSCOPE_KERNEL_CALLERS_H
#define SLABSCOPE_KERNEL_CALLERS_H

#include "kernel/kernel_programs.h"
#include "model/snapshot.h"
#include "system/symbols.h"

struct kernel_callers {
	struct caller_of_slot *row; /* ascending by slot */
	size_t nr;
};

/*
 * Copies the samples of the programs. Returns 0 or -ENOMEM. The caller frees them with
 * kernel_callers_free().
 */
int kernel_callers_read(const struct kernel_programs *programs, const struct symbols *symbols,
			struct kernel_callers *to);
void kernel_callers_free(struct kernel_callers *c);

/* Adds the callers of the cache in a slot. Returns 0 or -ENOMEM. */
int kernel_callers_add(const struct kernel_callers *c, uint32_t slot, struct snap_cache *to);

/*
 * Copies the frames outside the slow path of the allocator. A stack begins with frames of programs
 * and mostly of the watched function. Returns how many it copied.
 */
uint32_t kernel_callers_frames(const uint64_t from[CALLER_FRAMES], const struct symbols *symbols,
			       uint64_t to[SNAP_FRAMES]);

#endif
