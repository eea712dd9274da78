/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_kernel.h: records the allocator of the kernel. */
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
 * Opens it. caches: only these, with * and ?, under any of their names; NULL: all. btf: a file with
 * the types of the kernel; NULL: its own. Returns 0, or -errno and why.
 */
int record_kernel_open(struct record_kernel **to, const char *const *caches, const char *btf,
		       struct failure *f);
void record_kernel_close(struct record_kernel *k);

struct record_rings *record_kernel_rings(const struct record_kernel *k); /* they remain its own */

/*
 * Measures an empty pair of the probes that measure refills; none where these are not measured.
 * Returns 0, or -errno and why.
 */
int record_kernel_pair(const struct record_kernel *k, struct trace_pair *to, struct failure *f);

/* Prints what cannot be recorded on this kernel, a line for each reason, and what is inferred. */
void record_kernel_missing(const struct record_kernel *k, FILE *to);

/*
 * Describes all caches, and sends their events from now on. Calls described() after each, because
 * the rings fill.
 */
void record_kernel_begin(struct record_kernel *k, void (*described)(void *arg), void *arg);

/* Handles new caches, and calls gone() for each destroyed one. To be called from time to time. */
void record_kernel_scan(struct record_kernel *k, void (*gone)(uint32_t slot, void *arg), void *arg);

/*
 * record_kernel_doubts() calls each() for each cache whose number of doubtful refills has changed
 * since the last call.
 */
bool record_kernel_inferred(const struct record_kernel *k);
void record_kernel_doubts(struct record_kernel *k,
			  void (*each)(uint32_t slot, uint64_t doubtful, void *arg), void *arg);

/* Returns whether the kernel still runs the programs on its functions. */
bool record_kernel_proved(struct record_kernel *k);

/* Returns the number of missed events of unknown CPUs since the beginning. */
uint64_t record_kernel_missed(const struct record_kernel *k);

#endif
