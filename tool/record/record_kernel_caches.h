/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_kernel_caches.h: the kernel's caches, as a recording describes them. For the files record_kernel*.c only. */
#ifndef SLABSCOPE_RECORD_KERNEL_CACHES_H
#define SLABSCOPE_RECORD_KERNEL_CACHES_H

#include <time.h>

#include "system/aliases.h"
#include "kernel/kernel_programs.h"
#include "record/record_kernel.h"
#include "system/slab_nodes.h"
#include "system/slabinfo.h"
#include "system/types.h"

struct tunables {
	uint64_t limit, batchcount, sharedfactor;
};

struct record_kernel {
	struct types types;
	struct facts facts;
	struct plan plan;
	struct choice choice;
	struct kernel_programs *programs;
	const struct kernel_memory *counters;
	struct record_rings *rings;
	struct slabinfo info;
	time_t info_at;
	struct aliases aliases;
	uint8_t *judged;  /* by slot: whether it is wanted has been decided */
	uint64_t *doubts; /* by slot: as last told */
	struct slab_nodes **
		nodes; /* by slot: what each node had when the recording began; NULL: it cannot be told */
	struct tunables *tunables; /* likewise, where no function tells; else NULL */
	uint64_t partial,
		partial_told; /* slabs on partial lists of caches that were described; those told one by one */
	unsigned cpus; /* that are online, the highest + 1 */
};

/* Reads what the kernel says of its caches, at most once a second. */
void record_read_tables(struct record_kernel *k);

/* The cache's row of /proc/slabinfo, or NULL. */
const struct slabinfo_row *record_find_row(const struct record_kernel *k, const char *name);

/* Whether the user wants it, under any of its names. */
bool record_is_wanted(const struct record_kernel *k, const char *name);

/* The name of the cache in a slot; false where it is not written yet. */
bool record_slot_name(const struct record_kernel *k, uint64_t slot, char *to);

#endif
