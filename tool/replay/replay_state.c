// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * replay_state.c: makes all slabs full. Then each partial slab gives back its free objects or,
 * where their number is unknown, its share. The recording may say which recorded slab a slab stands
 * for; otherwise the first object that is named decides: it is in an array, or is freed later.
 */
#include "replay/replay_state.h"

#include <stdlib.h>

#include "base/array.h"
#include "virtual.h"

#define FREE_LIMIT_MAX 10000000 /* objects; no tunables reach it */

static uint64_t at_most(uint64_t value, uint64_t most)
{
	return value < most ? value : most;
}

/* ---- which slab is which --------------------------------------------------------------------- */

static uint32_t *chain_of(const struct replay_state *s, uint64_t base)
{
	return &s->first[(base * 0x9e3779b97f4a7c15u >> 32) * s->slabs >> 32];
}

/* Returns the slab with this base, or NULL: it is not known. */
static struct replay_state_slab *find(const struct replay_state *s, uint64_t base)
{
	for (uint32_t at = *chain_of(s, base); at; at = s->slab[at - 1].next)
		if (s->slab[at - 1].base == base)
			return &s->slab[at - 1];
	return NULL;
}

static struct replay_state_slab *know(struct replay_state *s, uint32_t number, uint64_t base)
{
	uint32_t *chain = chain_of(s, base);
	struct replay_state_slab *slab = &s->slab[number];

	slab->base = base;
	slab->next = *chain;
	*chain = number + 1;
	return slab;
}

/*
 * Returns the slab with this base. An unknown base gets the last slab without one: full slabs come
 * after partial ones. NULL: all slabs have a base.
 */
static struct replay_state_slab *slab_at(struct replay_state *s, uint64_t base)
{
	struct replay_state_slab *slab = s->slabs ? find(s, base) : NULL;

	while (!slab && s->known < s->slabs) {
		uint32_t number = s->slabs - ++s->known;

		if (!s->slab[number].base)
			slab = know(s, number, base);
	}
	return slab;
}

static void *take_of(struct replay_state *s, struct replay_state_slab *slab)
{
	s->nr--;
	return s->object[(size_t)(slab - s->slab) * s->num + --slab->left];
}

/* Takes an object from each slab in turn. */
static void *take_any(struct replay_state *s)
{
	do
		s->turn = (s->turn ?: s->slabs) - 1;
	while (!s->slab[s->turn].left);
	return take_of(s, &s->slab[s->turn]);
}

void *replay_state_take(struct replay_state *s, struct kmem_cache *kmem, int cpu, uint64_t address)
{
	struct replay_state_slab *slab =
		address && s->nr ? slab_at(s, address / slab_virtual_layout(kmem).slab_bytes)
				 : NULL;

	if (slab && slab->left)
		return take_of(s, slab);
	return s->nr ? take_any(s) : slab_virtual_adopt(kmem, cpu);
}

void *replay_state_end(struct replay_state *s)
{
	if (s->nr)
		return take_any(s);
	free(s->object);
	free(s->slab);
	free(s->first);
	free(s->partial);
	*s = (struct replay_state){0};
	return NULL;
}

/* ---- slabs ----------------------------------------------------------------------------------- */

/* Returns how many more objects may be made. */
static uint64_t room_of(const struct replay_state *s, const struct slab_virtual_layout *layout)
{
	uint64_t most =
		at_most(REPLAY_STATE_MAX, REPLAY_STATE_BYTES / layout->slab_bytes * layout->num);

	return most > s->made ? most - s->made : 0;
}

/* Makes so many more full slabs. */
static void make_full(struct replay_state *s, struct kmem_cache *kmem, int cpu, uint32_t slabs)
{
	void *object;

	for (uint32_t end = s->slabs + slabs; s->slabs < end; s->slabs++) {
		struct replay_state_slab *slab = &s->slab[s->slabs];

		*slab = (struct replay_state_slab){0};
		while (slab->left < s->num && (object = slab_virtual_adopt(kmem, cpu))) {
			s->object[(size_t)s->slabs * s->num + slab->left++] = object;
			s->nr++;
		}
		s->no_memory |= slab->left < s->num;
	}
}

/* Gives back so many objects of a slab. Returns how many it had to give. */
static unsigned give_back(struct replay_state *s, struct kmem_cache *kmem, int cpu, uint32_t number,
			  uint64_t nr)
{
	struct replay_state_slab *slab = &s->slab[number];

	nr = at_most(nr, slab->left);
	slab->left -= (uint32_t)nr;
	s->nr -= nr;
	slab_virtual_disown(kmem, cpu, s->object + (size_t)number * s->num + slab->left,
			    (unsigned)nr);
	return (unsigned)nr;
}

/* Spreads the free objects evenly over the slabs from first on. */
static void spread(struct replay_state *s, struct kmem_cache *kmem, int cpu, uint32_t first,
		   uint64_t slabs, uint64_t free_objects)
{
	for (uint64_t i = 0; i < slabs; i++)
		give_back(s, kmem, cpu, first + (uint32_t)i,
			  free_objects * (i + 1) / slabs - free_objects * i / slabs);
}

/*
 * Gives back the free objects of a recorded slab, whose place and number of used objects are known.
 * Returns how many.
 */
static unsigned give_recorded(struct replay_state *s, struct kmem_cache *kmem, int cpu,
			      uint32_t number, const struct replay_state_partial *recorded)
{
	uint64_t base = recorded->object / slab_virtual_layout(kmem).slab_bytes;

	if (base && !find(s, base))
		know(s, number, base);
	/* A partial slab keeps one object, or it would be a free slab. */
	return give_back(s, kmem, cpu, number, s->num - at_most(recorded->inuse ?: 1, s->num));
}

/* ---- slabs that are recorded one by one ------------------------------------------------------ */

static void keep_partial(struct replay_state *s, const struct trace_event *e)
{
	struct replay_state_partial *partial;

	if (s->nr_partial == REPLAY_STATE_PARTIAL)
		return;
	partial = array_append(&s->partial, &s->nr_partial, sizeof(*partial));
	if (!partial) {
		s->no_memory = true;
		return;
	}
	*partial = (struct replay_state_partial){
		.object = e->value[PARTIAL_OBJECT],
		.inuse = (uint32_t)e->value[PARTIAL_INUSE],
		.node = (uint8_t)e->value[PARTIAL_NODE],
	};
}

static uint32_t count_partial(const struct replay_state *s, uint64_t node)
{
	uint32_t nr = 0;

	for (size_t i = 0; i < s->nr_partial; i++)
		nr += s->partial[i].node == node;
	return nr;
}

static void forget_partial(struct replay_state *s, uint64_t node)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->nr_partial; i++)
		if (s->partial[i].node != node)
			s->partial[kept++] = s->partial[i];
	s->nr_partial = kept;
}

static bool make_room(struct replay_state *s, uint64_t slabs)
{
	size_t all = s->slabs + slabs;
	void **object = reallocarray(s->object, all * s->num + 1, sizeof(*object));
	struct replay_state_slab *slab;
	uint32_t *first;

	if (object)
		s->object = object;
	slab = reallocarray(s->slab, all + 1, sizeof(*slab));
	if (slab)
		s->slab = slab;
	first = calloc(all + 1, sizeof(*first));
	if (!object || !slab || !first) {
		free(first);
		return false;
	}
	free(s->first);
	s->first = first;
	return true;
}

/* Fills the chains again, which are more after new slabs. */
static void know_again(struct replay_state *s)
{
	s->known = 0;
	for (uint32_t i = 0; i < s->slabs; i++)
		if (s->slab[i].base)
			know(s, i, s->slab[i].base);
}

static void make_slabs(struct replay_state *s, struct kmem_cache *kmem, int cpu,
		       const struct trace_event *e)
{
	struct slab_virtual_layout layout = slab_virtual_layout(kmem);
	unsigned num = layout.num;
	uint64_t most = room_of(s, &layout) / num, recorded = count_partial(s, e->value[NODE_NODE]);
	uint64_t partial = at_most(
		e->value[NODE_PARTIAL] > recorded ? e->value[NODE_PARTIAL] : recorded, most);
	uint64_t full = at_most(e->value[NODE_FULL], most - partial);
	uint64_t unused = at_most(e->value[NODE_FREE], most - partial - full);
	uint64_t free_objects = e->value[NODE_FREE_OBJECTS];
	uint32_t at = s->slabs, end;

	s->num = num;
	if (!make_room(s, full + partial)) {
		s->no_memory = true;
		return;
	}
	make_full(s, kmem, cpu, (uint32_t)(full + partial));
	know_again(s);
	s->made += (full + partial + unused) * num;
	free_objects -= at_most(free_objects, unused * num);
	end = at + (uint32_t)(partial ?: full); /* 0: their number is unknown */
	for (size_t i = 0; i < s->nr_partial && at < end; i++)
		if (s->partial[i].node == e->value[NODE_NODE])
			free_objects -= at_most(free_objects,
						give_recorded(s, kmem, cpu, at++, &s->partial[i]));
	spread(s, kmem, cpu, at, end - at, at_most(free_objects, (uint64_t)(end - at) * (num - 1)));
	while (unused-- && !s->no_memory)
		s->no_memory = !slab_virtual_grow(kmem, cpu);
}

/* Takes up to 1,024 objects for an array: the recorded ones, if any. Returns how many. */
static unsigned take_some(struct replay_state *s, struct kmem_cache *kmem, int cpu, void **to,
			  uint64_t want)
{
	struct slab_virtual_layout layout = slab_virtual_layout(kmem);
	unsigned nr = 0;

	while (nr < want && nr < 1024 && (s->nr || room_of(s, &layout))) {
		s->made += !s->nr;
		to[nr] = replay_state_take(s, kmem, cpu, nr < s->nr_recorded ? s->recorded[nr] : 0);
		if (!to[nr]) {
			s->no_memory = true;
			break;
		}
		nr++;
	}
	s->nr_recorded = 0;
	return nr;
}

static void make_node(struct replay_state *s, struct kmem_cache *kmem, int cpu,
		      const struct trace_event *e)
{
	uint64_t want = e->value[NODE_SHARED];
	uint32_t node = 1u << e->value[NODE_NODE] % 32;
	void *some[1024];
	unsigned nr, filled;

	if (s->nodes & node)
		return;
	s->nodes |= node;
	make_slabs(s, kmem, cpu, e);
	forget_partial(s, e->value[NODE_NODE]);
	do {
		nr = take_some(s, kmem, cpu, some, want);
		filled = slab_virtual_fill_shared(kmem, cpu, some, nr);
		slab_virtual_disown(kmem, cpu, some + filled, nr - filled);
		want -= filled;
	} while (want && nr && filled == nr);
}

static void keep_recorded(struct replay_state *s, const struct trace_event *e)
{
	for (unsigned i = 0; i < TRACE_OBJECTS && s->nr_recorded < REPLAY_STATE_RECORDED; i++)
		if (e->value[OBJECTS_FIRST + i])
			s->recorded[s->nr_recorded++] = e->value[OBJECTS_FIRST + i];
}

static void make_array(struct replay_state *s, struct kmem_cache *kmem, int cpu,
		       const struct trace_event *e)
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
	case TRACE_ARRAY_OBJECTS:
		keep_recorded(s, e);
		break;
	case TRACE_PARTIAL_SLAB:
		keep_partial(s, e);
		break;
	case TRACE_NODE_AGEING:
		slab_virtual_ageing(
			kmem, cpu,
			tuned ? 0 : (unsigned)at_most(e->value[AGEING_FREE_LIMIT], FREE_LIMIT_MAX),
			e->value[AGEING_SHARED] != 0, e->value[AGEING_FREE] != 0);
		break;
	case TRACE_ARRAY_STATE:
		make_array(s, kmem, cpu, e);
		break;
	}
}
