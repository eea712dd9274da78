/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_kernel_caches.h: the caches of the kernel, as a recording describes them. */
#ifndef SLABSCOPE_RECORD_KERNEL_CACHES_H
#define SLABSCOPE_RECORD_KERNEL_CACHES_H

#include "record/record_kernel.h"

/* Reads the tables of the kernel's caches, at most once a second. */
void record_kernel_caches_read(struct record_kernel *k);

/* Returns the row of a cache in /proc/slabinfo, or NULL. */
const struct slabinfo_row *record_kernel_caches_row(const struct record_kernel *k,
						    const char *name);

/* Returns whether the user wants the cache, under any of its names. */
bool record_kernel_caches_wanted(const struct record_kernel *k, const char *name);

/* Reads the name of the cache in a slot. Returns false where it is not written yet. */
bool record_kernel_caches_name(const struct record_kernel *k, uint64_t slot, char *to);

/*
 * Describes the cache in a slot for the recording. Returns false where the user does not want it.
 */
bool record_kernel_caches_describe(struct record_kernel *k, uint64_t slot,
				   struct slab_registry_entry *to, char name[TRACE_TEXT]);

/* Completes an event of a program. Returns false where the event says nothing. */
bool record_kernel_caches_complete(struct record_kernel *k, struct record_event *e);

/* Prints how many partial slabs are recorded one by one, where not all are. */
void record_kernel_caches_unrecorded(const struct record_kernel *k, FILE *to);

/*
 * Calls tuned() for each cache whose limit, batchcount and sharedfactor have changed, where no
 * function of the kernel shows such a change.
 */
void record_kernel_caches_tunables(struct record_kernel *k,
				   void (*tuned)(uint32_t slot, const uint64_t tunables[3],
						 void *arg),
				   void *arg);

#endif
