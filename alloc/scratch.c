// SPDX-License-Identifier: MIT
/*
 * scratch.c: the unused buffers of the CPUs. One atomic exchange takes or puts a buffer, so there
 * is no lock, and no order in which steps must end.
 */
#include "scratch.h"

#include <errno.h>

#include "notes.h"
#include "pages.h"

#define SLOTS 64 /* CPU n uses slot n modulo this */

static struct slot {
	void *unused[SCRATCH_KINDS];
} __attribute__((aligned(64))) slots[SLOTS];

static const size_t bytes[SCRATCH_KINDS] = {
	[SCRATCH_BATCH] =
		sizeof(struct array_cache) + (SLAB_ARRAY_STRIDE + RSEQ_COPY_SLACK) * sizeof(void *),
	[SCRATCH_NOTES] = SLAB_NOTES * sizeof(struct note),
};

static void *exchange(enum scratch_kind kind, unsigned slot, void *buffer)
{
	return __atomic_exchange_n(&slots[slot % SLOTS].unused[kind], buffer, __ATOMIC_ACQ_REL);
}

void *scratch_take(enum scratch_kind kind, int cpu)
{
	void *buffer = exchange(kind, (unsigned)cpu, NULL);
	int saved = errno;

	if (unlikely(!buffer))
		buffer = pages_map(bytes[kind]);
	errno = saved;
	return buffer;
}

void scratch_put(enum scratch_kind kind, int cpu, void *buffer)
{
	int saved = errno;

	pages_unmap(exchange(kind, (unsigned)cpu, buffer), bytes[kind]);
	errno = saved;
}

void scratch_trim(void)
{
	for (unsigned slot = 0; slot < SLOTS; slot++)
		for (unsigned kind = 0; kind < SCRATCH_KINDS; kind++)
			pages_unmap(exchange((enum scratch_kind)kind, slot, NULL), bytes[kind]);
}
