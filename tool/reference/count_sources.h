/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * count_sources.h: what is known of one cache of the reference on one CPU, from three witnesses: the
 * process' registry while it lives, what the probes counted, and the final counts that the process
 * told before it ended. Pure: no I/O.
 */
#ifndef SLABSCOPE_COUNT_SOURCES_H
#define SLABSCOPE_COUNT_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/events_reference.h"
#include "slab_registry.h"
#include "model/snapshot.h"

struct count_sources {
	uint32_t cpu;
	uint32_t hist;	/* struct ref_pair.hist */
	bool read;	/* the registry has spoken */
	bool probed;	/* the probes have */
	bool final;	/* the process' last word has been taken in */
	bool complete;	/* the probes have counted since the cache was made */
	bool rewound;	/* a reading said less than the one before: it is another program's */
	uint16_t avail; /* objects in the array, by the newest reading */
	uint64_t reading[COUNTS]; /* the newest */
	uint64_t probes[COUNTS];  /* the newest; 0 for what no probe tells */
	uint64_t before[COUNTS];  /* counted before the probes were attached, as far as known */
	uint64_t shown[COUNTS];
	uint64_t *skipped; /* not to be shown: older than slabscope; or NULL */
	/* Objects that refills took and flushes gave back: newest, and at the newest reading. */
	uint64_t got, flushed, got_read, flushed_read;
};

/* What one CPU's block says; see slab_registry.h. */
void count_sources_block_counts(const struct slab_registry_cpu *block, uint64_t to[COUNTS]);

/* Takes in a new reading of the registry. The pair must have been read before it. */
void count_sources_add_reading(struct count_sources *l, const struct slab_registry_cpu *block);

/* Takes in what the probes counted. complete: they have seen the cache being made. */
void count_sources_add_pair(struct count_sources *l, const struct ref_pair *pair, bool complete);

/*
 * Puts the best counts into to: of each count the highest that a witness vouches for, and never
 * less than before.
 */
void count_sources_counts(struct count_sources *l, uint64_t to[COUNTS]);

/* From now on counts only what is yet to come. Returns 0 or -ENOMEM. */
int count_sources_skip(struct count_sources *l);

/* Frees what it holds, not itself. */
void count_sources_free(struct count_sources *l);

#endif
