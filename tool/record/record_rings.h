/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_rings.h: the rings through which recorded events come, one for each CPU. */
#ifndef SLABSCOPE_RECORD_RINGS_H
#define SLABSCOPE_RECORD_RINGS_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/events_record.h"
#include "base/failure.h"

struct record_rings;

/*
 * Makes nr rings, and puts them into the map of the programs. lost_map is the map in which they
 * count losses. The caller keeps the maps, which must outlive the rings. Returns 0, or -errno and
 * why.
 */
int record_rings_open(struct record_rings **to, int ring_map, int lost_map, unsigned nr,
		      struct failure *f);
void record_rings_close(struct record_rings *r);

unsigned record_rings_count(const struct record_rings *r);

/* Calls each() for each event in the rings, ring by ring, in order within a ring. */
void record_rings_drain(struct record_rings *r,
			void (*each)(unsigned ring, const struct record_event *e, size_t size,
				     void *arg),
			void *arg);

/* Counts the events of a ring that found no room since the beginning. Returns 0 or -errno. */
int record_rings_lost(const struct record_rings *r, unsigned ring, uint64_t *lost);

#endif
