/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_slots.h: reads events from the slots of a ring. */
#ifndef SLABSCOPE_RECORD_SLOTS_H
#define SLABSCOPE_RECORD_SLOTS_H

#include <stddef.h>

#include "bpf/events_record.h"
#include "slab_ring.h"

/*
 * Reads the event that begins in the first of nr slots, all of them complete, of a ring of this
 * CPU. Fills in all but the process. Returns how many slots it has; 0: it is not complete; -1: the
 * first slot begins no valid event.
 */
int record_slots_read(const struct slab_ring_slot *slot, size_t nr, uint32_t cpu,
		      struct record_event *to);

#endif
