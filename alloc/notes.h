/* SPDX-License-Identifier: MIT */
/*
 * notes.h: notes of what happens inside a traced refill or flush. They wait in a buffer (scratch.h)
 * until the clock has stopped and no lock is held. Then the probe of each note fires, in the order
 * of the steps. Without tracing struct probe_notes is NULL, and a note costs one test.
 */
#ifndef SLAB_NOTES_H
#define SLAB_NOTES_H

#include <time.h>

#include "probes.h"

#define SLAB_NOTES 256 /* twice as many as the largest default batch can need */

struct note {
	uint8_t kind; /* enum note_kind */
	uint8_t from, to;
	uint8_t node;
	uint32_t slab;
	uint32_t a, b;
	uint64_t ns;
	uint64_t seq;
};

enum note_kind { NOTE_GROW, NOTE_LIST_MOVE, NOTE_TRANSFER, NOTE_SLAB_DESTROY };

struct probe_notes {
	unsigned nr;
	unsigned lost;
	struct note *note; /* room for SLAB_NOTES; NULL: no memory, so all are lost */
};

static inline struct note *note_add(struct probe_notes *notes)
{
	if (notes->note && notes->nr < SLAB_NOTES)
		return &notes->note[notes->nr++];
	notes->lost++;
	return NULL;
}

static inline void note_list_move(struct probe_notes *notes, int node, uint32_t slab, unsigned from,
				  unsigned to, unsigned inuse, uint64_t seq)
{
	struct note *note;

	if (__builtin_expect(!notes, 1) || !PROBE_ENABLED(list_move) || !(note = note_add(notes)))
		return;
	*note = (struct note){.kind = NOTE_LIST_MOVE,
			      .node = (uint8_t)node,
			      .slab = slab,
			      .from = (uint8_t)from,
			      .to = (uint8_t)to,
			      .a = inuse,
			      .seq = seq};
}

static inline void note_transfer(struct probe_notes *notes, int node, unsigned count,
				 unsigned direction, uint64_t seq)
{
	struct note *note;

	if (__builtin_expect(!notes, 1) || !PROBE_ENABLED(transfer) || !(note = note_add(notes)))
		return;
	*note = (struct note){.kind = NOTE_TRANSFER,
			      .node = (uint8_t)node,
			      .a = count,
			      .from = (uint8_t)direction,
			      .seq = seq};
}

static inline void note_grow(struct probe_notes *notes, int node, uint32_t slab, unsigned objects,
			     unsigned colour, uint64_t ns, uint64_t seq)
{
	struct note *note;

	if (__builtin_expect(!notes, 1) || !PROBE_ENABLED(grow) || !(note = note_add(notes)))
		return;
	*note = (struct note){.kind = NOTE_GROW,
			      .node = (uint8_t)node,
			      .slab = slab,
			      .a = objects,
			      .b = colour,
			      .ns = ns,
			      .seq = seq};
}

static inline void note_slab_destroy(struct probe_notes *notes, int node, uint32_t slab,
				     uint64_t seq)
{
	struct note *note;

	if (__builtin_expect(!notes, 1) || !PROBE_ENABLED(slab_destroy) ||
	    !(note = note_add(notes)))
		return;
	*note = (struct note){
		.kind = NOTE_SLAB_DESTROY, .node = (uint8_t)node, .slab = slab, .seq = seq};
}

/* Fires the probes of all notes and empties them. */
void notes_fire(struct probe_notes *notes, uint64_t cache, int cpu);

/* Returns CLOCK_MONOTONIC in nanoseconds. libslab reads it only while a probe is traced. */
static inline uint64_t trace_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

#endif
