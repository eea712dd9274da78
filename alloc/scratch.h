/* SPDX-License-Identifier: MIT */
/*
 * scratch.h: the memory that a step needs while it runs. A program may call libslab on a small
 * stack. So only a short batch is on the stack; what is longer is in a mapped buffer.
 *
 * Each CPU keeps one unused buffer of each kind. A step takes it out, and puts it back at its end.
 * So a step may nest, migrate, or be interrupted: a step that finds no buffer maps another one.
 * Where that fails, the step moves fewer objects, or loses its notes and counts them.
 */
#ifndef SLAB_SCRATCH_H
#define SLAB_SCRATCH_H

#include "structs.h"

enum scratch_kind {
	SCRATCH_BATCH, /* struct array_cache with room for SLAB_LIMIT_MAX objects and the slack */
	SCRATCH_NOTES, /* SLAB_NOTES notes */
	SCRATCH_KINDS
};

/* Returns a buffer with unspecified content, or NULL where there is no memory. Keeps errno. */
void *scratch_take(enum scratch_kind kind, int cpu);
void scratch_put(enum scratch_kind kind, int cpu, void *buffer);

/* Gives all unused buffers back to the system. */
void scratch_trim(void);

#define BATCH_SMALL 64 /* objects; at least the largest default batchcount */

/* A batch of objects that a step holds. */
struct batch {
	struct array_cache *mapped; /* NULL: the batch is in small */
	int cpu;
	unsigned char
		small[sizeof(struct array_cache) + (BATCH_SMALL + RSEQ_COPY_SLACK) * sizeof(void *)]
		__attribute__((aligned(16)));
};

/*
 * Returns an empty array, whose limit is how many objects it has room for: BATCH_SMALL, or
 * SLAB_LIMIT_MAX where so many are wanted and there is memory. Its entries have the slack of a
 * copy.
 */
static inline struct array_cache *batch_begin(struct batch *b, int cpu, unsigned wanted)
{
	struct array_cache *ac;

	b->cpu = cpu;
	b->mapped = unlikely(wanted > BATCH_SMALL) ? scratch_take(SCRATCH_BATCH, cpu) : NULL;
	ac = b->mapped ? b->mapped : (struct array_cache *)b->small;
	*ac = (struct array_cache){.limit = b->mapped ? SLAB_LIMIT_MAX : BATCH_SMALL};
	return ac;
}

static inline void batch_end(struct batch *b)
{
	if (unlikely(b->mapped))
		scratch_put(SCRATCH_BATCH, b->cpu, b->mapped);
}

#endif
