// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * replay_state.c: all slabs are made full; then each partial one gives back its share. What lies in arrays is
 * taken out of the last slabs. Which of the other objects was in which slab is not known: they are freed in a
 * random order, the same in each run.
 */
#include "replay_state.h"

#include <stdlib.h>

#include "virtual.h"

#define FREE_LIMIT_MAX 10000000 /* objects: more than any tunables come to */

static uint64_t at_most(uint64_t value, uint64_t most)
{
	return value < most ? value : most;
}

/* Takes the objects of so many whole slabs. Returns how many objects. */
static size_t make_full(struct replay_state *s, struct kmem_cache *kmem, int cpu, size_t want)
{
	size_t nr = 0;
	void *object;

	while (nr < want && (object = slab_virtual_adopt(kmem, cpu)))
		s->object[s->nr + nr++] = object;
	return nr;
}

/* The objects of each slab stand together, from first on. Spreads what is free evenly over them. */
static void give_back(struct replay_state *s, struct kmem_cache *kmem, int cpu, size_t first, uint64_t slabs,
		      unsigned num, uint64_t free_objects)
{
	size_t from = first, to = first;

	for (uint64_t i = 0; i < slabs; i++, from += num) {
		unsigned nr = (unsigned)(free_objects * (i + 1) / slabs - free_objects * i / slabs);

		slab_virtual_disown(kmem, cpu, s->object + from, nr);
		for (unsigned left = nr; left < num; left++)
			s->object[to++] = s->object[from + left];
	}
	while (from < s->nr)
		s->object[to++] = s->object[from++];
	s->nr = to;
}

static void make_slabs(struct replay_state *s, struct kmem_cache *kmem, int cpu, const struct trace_event *e)
{
	struct slab_virtual_layout layout = slab_virtual_layout(kmem);
	unsigned num = layout.num;
	uint64_t most = at_most(REPLAY_STATE_MAX / num, REPLAY_STATE_BYTES / layout.slab_bytes);
	uint64_t partial = at_most(e->value[NODE_PARTIAL], most);
	uint64_t full = at_most(e->value[NODE_FULL], most - partial);
	uint64_t unused = at_most(e->value[NODE_FREE], most);
	uint64_t free_objects = e->value[NODE_FREE_OBJECTS];
	size_t first = s->nr, made;
	void **more = reallocarray(s->object, first + (full + partial) * num + 1, sizeof(*more));

	if (!more)
		return;
	s->object = more;
	made = make_full(s, kmem, cpu, (full + partial) * num);
	s->nr += made;
	free_objects -= at_most(free_objects, unused * num);
	if (!partial) /* nobody could say how many */
		partial = full;
	if (made / num < partial)
		partial = made / num;
	/* Each of them keeps one, or it would be a free slab. */
	give_back(s, kmem, cpu, first, partial, num, at_most(free_objects, partial * (num - 1)));
	while (unused-- && slab_virtual_grow(kmem, cpu))
		;
}

void *replay_state_take(struct replay_state *s, struct kmem_cache *kmem, int cpu)
{
	void *object;
	size_t at;

	if (!s->nr)
		return slab_virtual_adopt(kmem, cpu);
	s->random = s->random * 1664525 + 1013904223;
	at = (size_t)((uint64_t)s->random * s->nr >> 32);
	object = s->object[at];
	s->object[at] = s->object[--s->nr];
	return object;
}

/* Out of those in use up to 1,024 objects. They came out of few slabs, so they stand together. */
static unsigned take_some(struct replay_state *s, struct kmem_cache *kmem, int cpu, void **to, uint64_t want)
{
	unsigned nr = 0;

	while (nr < want && nr < 1024 &&
	       (to[nr] = s->nr ? s->object[--s->nr] : slab_virtual_adopt(kmem, cpu)))
		nr++;
	return nr;
}

static void make_node(struct replay_state *s, struct kmem_cache *kmem, int cpu, const struct trace_event *e)
{
	uint64_t want = e->value[NODE_SHARED];
	uint32_t node = 1u << e->value[NODE_NODE] % 32;
	void *some[1024];
	unsigned nr, filled;

	if (s->nodes & node)
		return;
	s->nodes |= node;
	make_slabs(s, kmem, cpu, e);
	do {
		nr = take_some(s, kmem, cpu, some, want);
		filled = slab_virtual_fill_shared(kmem, cpu, some, nr);
		slab_virtual_disown(kmem, cpu, some + filled, nr - filled);
		want -= filled;
	} while (want && nr && filled == nr);
}

static void make_array(struct replay_state *s, struct kmem_cache *kmem, int cpu, const struct trace_event *e)
{
	void *some[1024];
	unsigned nr = take_some(s, kmem, cpu, some, e->value[ARRAY_AVAIL]), filled;

	filled = slab_virtual_fill(kmem, cpu, some, nr, e->value[ARRAY_TOUCHED] != 0);
	slab_virtual_disown(kmem, cpu, some + filled, nr - filled);
}

void replay_state_make(struct replay_state *s, struct kmem_cache *kmem, int cpu,
		       const struct trace_event *e, bool tuned)
{
	switch (e->id) {
	case TRACE_NODE_STATE:
		make_node(s, kmem, cpu, e);
		break;
	case TRACE_NODE_AGEING:
		slab_virtual_ageing(kmem, cpu,
				    tuned ? 0 : (unsigned)at_most(e->value[AGEING_FREE_LIMIT], FREE_LIMIT_MAX),
				    e->value[AGEING_SHARED] != 0, e->value[AGEING_FREE] != 0);
		break;
	case TRACE_ARRAY_STATE:
		make_array(s, kmem, cpu, e);
		break;
	}
}

void replay_state_end(struct replay_state *s, struct kmem_cache *kmem)
{
	while (s->nr)
		slab_virtual_free(kmem, s->object[--s->nr], 0);
	free(s->object);
}
