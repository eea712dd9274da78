// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* stream_parts.c: an array of operations for each CPU, cut into batches. */
#include "replay/threads/stream_parts.h"

#include <stdlib.h>

/* An array that has room for one more, half as many again; NULL: no memory, and it is as it was. */
static void *grow(void *array, size_t nr, size_t *room, size_t size)
{
	void *grown;

	if (nr < *room)
		return array;
	grown = reallocarray(array, *room + *room / 2 + 16, size);
	if (grown)
		*room += *room / 2 + 16;
	return grown;
}

static struct stream_cpu *cpu_of(struct stream_parts *p, uint32_t cpu)
{
	struct stream_cpu *c = p->of[cpu];

	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (c) {
		c->cpu = cpu;
		c->node = p->node[cpu];
		p->nr++;
	}
	return p->of[cpu] = c;
}

static bool add_batch(struct stream_cpu *c, uint64_t event)
{
	struct stream_batch *batch = grow(c->batch, c->nr_batches, &c->batch_room, sizeof(*batch));

	if (!batch)
		return false;
	c->batch = batch;
	batch[c->nr_batches++] = (struct stream_batch){event, c->nr};
	return true;
}

static bool begins_batch(const struct stream_cpu *c, uint64_t event)
{
	const struct stream_batch *last = c->nr_batches ? &c->batch[c->nr_batches - 1] : NULL;

	return !last || c->nr - last->op >= STREAM_BATCH_OPS ||
	       event - last->event >= STREAM_BATCH_EVENTS;
}

bool stream_parts_add(struct stream_parts *p, uint32_t cpu, uint64_t event, struct stream_op op)
{
	struct stream_cpu *c = cpu_of(p, cpu);
	struct stream_op *more = c ? grow(c->op, c->nr, &c->room, sizeof(*more)) : NULL;

	if (!more)
		return false;
	c->op = more;
	if (begins_batch(c, event) && !add_batch(c, event))
		return false;
	c->op[c->nr++] = op;
	return true;
}

bool stream_parts_gather(struct stream_parts *p, struct stream *to)
{
	size_t nr = 0;

	to->cpu = calloc(p->nr + 1, sizeof(*to->cpu));
	to->nodes = 1;
	for (unsigned cpu = 0; cpu < SLAB_VIRTUAL_CPUS; cpu++) {
		struct stream_cpu *c = p->of[cpu];

		if (p->node[cpu] < SLAB_VIRTUAL_NODES && p->node[cpu] >= to->nodes)
			to->nodes = p->node[cpu] + 1u;
		if (!c)
			continue;
		to->bytes += c->room * sizeof(*c->op) + c->batch_room * sizeof(*c->batch);
		if (to->cpu) {
			to->cpu[nr++] = *c;
		} else {
			free(c->op);
			free(c->batch);
		}
		free(c);
	}
	to->nr_cpus = nr;
	return to->cpu != NULL;
}
