/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* stream_parts.h: the operations of each CPU, while the recording is read. For stream.c only. */
#ifndef SLABSCOPE_STREAM_PARTS_H
#define SLABSCOPE_STREAM_PARTS_H

#include "replay/threads/stream.h"

struct stream_parts {
	struct stream_cpu *of[SLAB_VIRTUAL_CPUS]; /* NULL: it has no events */
	uint8_t node[SLAB_VIRTUAL_CPUS];	  /* the caller fills it */
	size_t nr;
};

/*
 * Adds an operation of a CPU, for the event at this place in the recording. Returns false without
 * memory.
 */
bool stream_parts_add(struct stream_parts *p, uint32_t cpu, uint64_t event, struct stream_op op);

/* Moves all parts to the stream. Returns false without memory. */
bool stream_parts_gather(struct stream_parts *p, struct stream *to);

#endif
