/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * count_sources.h: the counts of a cache of the reference on one CPU, from three sources: the
 * registry of the living process, the probes, and the final counts before its end. Pure: no I/O.
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
	uint32_t hist;		  /* struct ref_pair.hist */
	bool read;		  /* the registry was read */
	bool probed;		  /* the probes have counted */
	bool final;		  /* the final counts are in */
	bool complete;		  /* the probes have counted since the creation of the cache */
	bool rewound;		  /* a reading was below the one before: another program */
	uint16_t avail;		  /* objects in the array, in the newest reading */
	uint64_t reading[COUNTS]; /* the newest */
	uint64_t probes[COUNTS];  /* the newest; 0 for counts without a probe */
	uint64_t before[COUNTS];  /* before the probes were attached, where known */
	uint64_t shown[COUNTS];
	uint64_t *skipped; /* hidden, as older than slabscope; or NULL */
	/* Objects that refills took and flushes returned: newest, and at the newest reading. */
	uint64_t got, flushed, got_read, flushed_read;
};

/* Returns the counts of the block of a CPU; see slab_registry.h. */
void count_sources_block_counts(const struct slab_registry_cpu *block, uint64_t to[COUNTS]);

/* Adds a reading of the registry. Read the pair before it. */
void count_sources_add_reading(struct count_sources *l, const struct slab_registry_cpu *block);

/* Adds the counts of the probes. complete: they count since the creation of the cache. */
void count_sources_add_pair(struct count_sources *l, const struct ref_pair *pair, bool complete);

/* Fills to with the best counts: of each the highest of any source, never less than before. */
void count_sources_counts(struct count_sources *l, uint64_t to[COUNTS]);

/* Hides all counts so far. Returns 0 or -ENOMEM. */
int count_sources_skip(struct count_sources *l);

/* Frees what it holds, not itself. */
void count_sources_free(struct count_sources *l);

#endif
