/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ledger.h: what is known of one cache of the reference on one CPU, from three witnesses: the
 * process' registry while it lives, what the probes counted, and the final counts that the process
 * told before it ended. Pure: no I/O.
 */
#ifndef SLABSCOPE_LEDGER_H
#define SLABSCOPE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "../bpf/events_reference.h"
#include "slab_registry.h"
#include "snapshot.h"

struct ledger {
	uint32_t cpu;
	bool read;	/* `reading` is there */
	bool probed;	/* `pair` is there */
	bool complete;	/* the probes have counted since the cache was made */
	bool rewound;	/* a reading said less than the one before: it is another program's */
	struct slab_registry_cpu reading; /* the newest */
	struct ref_pair pair;		  /* the newest */
	struct ref_pair pair_read;	  /* the newest when the newest reading was made */
	uint64_t before[COUNTS];	  /* counted before the probes were attached, as far as known */
	uint64_t skipped[COUNTS];	  /* not to be shown: older than slabscope */
	uint64_t shown[COUNTS];
};

/* What one CPU's block says; see slab_registry.h. */
void ledger_block_counts(const struct slab_registry_cpu *block, uint64_t to[COUNTS]);

/* Takes in a new reading of the registry. The pair must have been read before it. */
void ledger_add_reading(struct ledger *l, const struct slab_registry_cpu *block);

/* Takes in what the probes counted. complete: they have seen the cache being made. */
void ledger_add_pair(struct ledger *l, const struct ref_pair *pair, bool complete);

/*
 * Puts the best counts into to: of each count the highest that a witness vouches for, and never less
 * than before.
 */
void ledger_counts(struct ledger *l, uint64_t to[COUNTS]);

/* From now on counts only what is yet to come. */
void ledger_skip(struct ledger *l);

#endif
