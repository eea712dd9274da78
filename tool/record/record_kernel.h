/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_kernel.h: the kernel's allocator as something to record. */
#ifndef SLABSCOPE_RECORD_KERNEL_H
#define SLABSCOPE_RECORD_KERNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/failure.h"
#include "record/record_rings.h"
#include "slab_registry.h"
#include "trace/trace.h"

struct record_kernel;

/*
 * caches: only these, with * and ?, under any of their names; NULL: all. btf: a file with the kernel's types; NULL:
 * its own. 0, or -errno and why.
 */
int record_kernel_open(struct record_kernel **to, const char *const *caches, const char *btf,
		       struct failure *f);
void record_kernel_close(struct record_kernel *k);

struct record_rings *record_kernel_rings(const struct record_kernel *k); /* they stay its own */

/* What an empty pair of such probes takes as measure its refills; none where these are not measured. */
int record_kernel_pair(const struct record_kernel *k, struct trace_pair *to, struct failure *f);

/* Says what this kernel does not let anybody record, and why: a line a reason; and what is inferred. */
void record_kernel_missing(const struct record_kernel *k, FILE *to);

/* Has all caches described, and their events sent from now on. Calls described() after each: rings fill with it. */
void record_kernel_begin(struct record_kernel *k, void (*described)(void *arg), void *arg);

/* From time to time: caches that came. Calls gone() for each one that is no more. */
void record_kernel_scan(struct record_kernel *k, void (*gone)(uint32_t slot, void *arg), void *arg);

/* Whether refills are inferred; and calls for each cache with others doubtful than at the last call, with how many. */
bool record_kernel_inferred(const struct record_kernel *k);
void record_kernel_doubts(struct record_kernel *k,
			  void (*each)(uint32_t slot, uint64_t doubtful, void *arg), void *arg);

/* Events that were missed, nobody knows on which CPU, since the beginning. */
uint64_t record_kernel_missed(const struct record_kernel *k);

#endif
