/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* stream_parts.h: what each CPU did, while the recording is being read. For stream.c only. */
#ifndef SLABSCOPE_STREAM_PARTS_H
#define SLABSCOPE_STREAM_PARTS_H

#include "replay/threads/stream.h"

struct stream_parts {
	struct stream_cpu *of[SLAB_VIRTUAL_CPUS]; /* NULL: it has not done anything */
	uint8_t node[SLAB_VIRTUAL_CPUS];	  /* filled by the caller */
	size_t nr;
};

/* Adds what a CPU does at the event of that place in the recording. Returns false without memory. */
bool stream_parts_add(struct stream_parts *p, uint32_t cpu, uint64_t event, struct stream_op op);

/* All of them become the stream's; what is of no use is given back. Returns false without memory. */
bool stream_parts_gather(struct stream_parts *p, struct stream *to);

#endif
