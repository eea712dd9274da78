// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* stream_parts.c: an array of operations for each CPU, cut into batches. */
#include "replay/threads/stream_parts.h"

#include <stdlib.h>

#include "base/array.h"

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
	if (array_reserve(&c->batch, c->nr_batches + 1, &c->batch_room, sizeof(*c->batch)))
		return false;
	c->batch[c->nr_batches++] = (struct stream_batch){event, c->nr};
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

	if (!c || array_reserve(&c->op, c->nr + 1, &c->room, sizeof(*c->op)))
		return false;
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
