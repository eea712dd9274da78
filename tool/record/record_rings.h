/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_rings.h: the rings that recorded events come through, one a CPU. */
#ifndef SLABSCOPE_RECORD_RINGS_H
#define SLABSCOPE_RECORD_RINGS_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/events_record.h"
#include "base/failure.h"

struct record_rings;

/* Makes nr rings, and puts them into the programs' map; the other map is where they count what is lost. The
 * maps stay the caller's, and must outlive the rings. 0, or -errno and why. */
int record_rings_open(struct record_rings **to, int ring_map, int lost_map, unsigned nr,
		      struct failure *f);
void record_rings_close(struct record_rings *r);

unsigned record_rings_count(const struct record_rings *r);

/* Calls for each event that has come, ring by ring, in order within a ring. */
void record_rings_drain(struct record_rings *r,
			void (*each)(unsigned ring, const struct record_event *e, size_t size,
				     void *arg),
			void *arg);

/* Events that found no room, by ring, since the beginning. */
uint64_t record_rings_lost(const struct record_rings *r, unsigned ring);

#endif
