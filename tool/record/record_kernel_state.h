/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * record_kernel_state.h: the state of a recording of the kernel. For the files record_kernel*.c
 * only.
 */
#ifndef SLABSCOPE_RECORD_KERNEL_STATE_H
#define SLABSCOPE_RECORD_KERNEL_STATE_H

#include <time.h>

#include "kernel/kernel_programs.h"
#include "record/record_kernel.h"
#include "system/aliases.h"
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
	uint8_t *judged;  /* by slot: it is decided whether the user wants it */
	uint64_t *doubts; /* by slot: as last reported */
	struct slab_nodes *
		*nodes; /* by slot: what each node had when the recording began; NULL: unknown */
	struct tunables *tunables; /* likewise, where no function shows a change; else NULL */
	uint64_t partial,
		/* slabs on partial lists of described caches; those that are recorded one by one */
		partial_recorded;
	unsigned cpus; /* online, the highest + 1 */
};

#endif
