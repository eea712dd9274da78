/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_callers.h: the sampled callers of the kernel's refills, by cache, with the frames that are
 * of interest.
 */
#ifndef SLABSCOPE_KERNEL_CALLERS_H
#define SLABSCOPE_KERNEL_CALLERS_H

#include "kernel/kernel_programs.h"
#include "model/snapshot.h"
#include "system/symbols.h"

struct kernel_callers {
	struct caller_of_slot *row; /* ascending by slot */
	size_t nr;
};

/* Copies what the programs have sampled. 0 or -ENOMEM; freed with kernel_callers_free(). */
int kernel_callers_read(const struct kernel_programs *programs, const struct symbols *symbols,
			struct kernel_callers *to);
void kernel_callers_free(struct kernel_callers *c);

/* Adds the callers of the cache in a slot. 0 or -ENOMEM. */
int kernel_callers_add(const struct kernel_callers *c, uint32_t slot, struct snap_cache *to);

/*
 * Copies the frames behind the allocator's own slow path: a stack begins with the programs' frames
 * and, mostly, the watched function. Returns how many there are.
 */
uint32_t kernel_callers_frames(const uint64_t from[CALLER_FRAMES], const struct symbols *symbols,
			       uint64_t to[SNAP_FRAMES]);

#endif
