// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * model_slabs.c: slabs, the three lists of each node, and the moves of objects.
 */
#include "model_slabs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void model_impossible(const char *what)
{
	fprintf(stderr, "model: impossible: %s\n", what);
	abort();
}

/* ---- lists ---------------------------------------------------------------------------------- */

static void line_remove(struct model *m, struct model_line *line, unsigned slot)
{
	struct model_slab *s = &m->slab[slot];

	if (s->before)
		m->slab[s->before].behind = s->behind;
	else
		line->first = s->behind;
	if (s->behind)
		m->slab[s->behind].before = s->before;
	else
		line->last = s->before;
	line->count--;
}

static void line_put(struct model *m, struct model_line *line, unsigned slot, bool at_end)
{
	struct model_slab *s = &m->slab[slot];

	s->before = at_end ? line->last : 0;
	s->behind = at_end ? 0 : line->first;
	if (s->before)
		m->slab[s->before].behind = slot;
	else
		line->first = slot;
	if (s->behind)
		m->slab[s->behind].before = slot;
	else
		line->last = slot;
	line->count++;
}

static void move(struct model *m, unsigned cpu, unsigned slot, enum model_list to, bool at_end)
{
	struct model_slab *s = &m->slab[slot];
	struct model_node *n = &m->node[s->node];

	if (s->list != LIST_NONE)
		line_remove(m, &n->line[s->list], slot);
	if (to != LIST_NONE)
		line_put(m, &n->line[to], slot, at_end);
	if (s->list != to) {
		counts(m, cpu)->list_moves++;
		n->events++;
	}
	s->list = to;
}

/* ---- slabs come and go ---------------------------------------------------------------------- */

bool slab_grow(struct model *m, unsigned cpu, unsigned node, bool emergency)
{
	struct model_node *n = &m->node[node];
	bool normal = m->pages + m->layout.pages <= m->max_pages;
	struct model_slab *s;
	unsigned slot;

	if (!normal && (!emergency || m->pages + m->layout.pages > m->max_pages + m->reserve)) {
		m->stats.errors++;
		return false;
	}
	slot = m->nr_spare ? m->spare[--m->nr_spare] : ++m->slots;
	if (slot > m->params.slabs)
		model_impossible("more slabs than there is room for");
	s = &m->slab[slot];
	s->ordinal = ++m->ordinals;
	s->node = node;
	s->list = LIST_NONE;
	s->emergency = !normal;
	m->emergencies += s->emergency;
	s->colour = n->next_colour;
	n->next_colour = (n->next_colour + 1) % m->layout.colours;
	s->free = m->free_indices + (size_t)slot * m->layout.num;
	s->nr_free = m->layout.num;
	for (unsigned i = 0; i < s->nr_free; i++)
		s->free[i] = (uint16_t)(s->nr_free - 1 - i);
	m->pages += m->layout.pages;
	counts(m, cpu)->grows++;
	m->stats.grown++;
	n->events++;
	move(m, cpu, slot, LIST_FREE, true);
	n->free_objects += m->layout.num;
	m->grown = slot;
	return true;
}

/* Gives back the slab that is free for longest. */
void slab_destroy_last(struct model *m, unsigned cpu, unsigned node)
{
	struct model_node *n = &m->node[node];
	unsigned slot = n->line[LIST_FREE].last;

	move(m, cpu, slot, LIST_NONE, false);
	n->free_objects -= m->layout.num;
	n->events++;
	counts(m, cpu)->slab_frees++;
	m->pages -= m->layout.pages;
	m->emergencies -= m->slab[slot].emergency;
	m->spare[m->nr_spare++] = slot;
	m->died[m->nr_died++] = slot;
}

/* ---- objects in and out --------------------------------------------------------------------- */

/* Gives free slabs back while the node has too many free objects. */
static void trim(struct model *m, unsigned cpu, unsigned node)
{
	struct model_node *n = &m->node[node];

	while (n->free_objects > n->free_limit && n->line[LIST_FREE].count)
		slab_destroy_last(m, cpu, node);
}

void objects_home(struct model *m, unsigned cpu, const object_t *object, unsigned nr)
{
	bool concerned[MODEL_NODES_MAX] = {false};

	for (unsigned i = 0; i < nr; i++) {
		unsigned slot = object_slab(object[i]);
		struct model_slab *s = &m->slab[slot];

		if (s->nr_free == m->layout.num)
			model_impossible("a slab gets back more than it gave");
		s->free[s->nr_free++] = (uint16_t)object_index(object[i]);
		m->node[s->node].free_objects++;
		concerned[s->node] = true;
		if (s->nr_free == m->layout.num)
			move(m, cpu, slot, LIST_FREE, false);
		else
			move(m, cpu, slot, LIST_PARTIAL, true);
	}
	m->stats.active -= nr;
	for (unsigned node = 0; node < m->params.nodes; node++)
		if (concerned[node])
			trim(m, cpu, node);
}

/* Returns the first slab of a list that the caller may use. */
static unsigned first_usable(const struct model *m, const struct model_line *line, bool emergency)
{
	unsigned slot = line->first;

	while (slot && m->slab[slot].emergency && !emergency)
		slot = m->slab[slot].behind;
	return slot;
}

bool objects_there(const struct model *m, unsigned node, bool emergency)
{
	return first_usable(m, &m->node[node].line[LIST_PARTIAL], emergency) ||
	       first_usable(m, &m->node[node].line[LIST_FREE], emergency);
}

unsigned objects_take(struct model *m, unsigned cpu, unsigned node, bool emergency, object_t *to,
		      unsigned want, enum model_origin *origin)
{
	struct model_node *n = &m->node[node];
	unsigned nr = 0;

	while (nr < want) {
		unsigned slot = first_usable(m, &n->line[LIST_PARTIAL], emergency);
		enum model_origin from = FROM_PARTIAL;
		struct model_slab *s;

		if (!slot) {
			n->free_touched = true;
			slot = first_usable(m, &n->line[LIST_FREE], emergency);
			from = FROM_FREE;
		}
		if (!slot)
			break;
		*origin = from;
		s = &m->slab[slot];
		while (s->nr_free && nr < want)
			to[nr++] = slot << 16 | s->free[--s->nr_free];
		move(m, cpu, slot, s->nr_free ? LIST_PARTIAL : LIST_FULL, false);
	}
	n->free_objects -= nr;
	m->stats.allocations += nr;
	m->stats.active += nr;
	if (m->stats.high < m->stats.active)
		m->stats.high = m->stats.active;
	return nr;
}

unsigned shared_put(struct model *m, unsigned cpu, unsigned node, const object_t *object,
		    unsigned nr)
{
	struct model_array *shared = &m->node[node].shared;
	unsigned room = shared->limit - shared->avail;

	nr = nr < room ? nr : room;
	if (!nr)
		return 0;
	memcpy(shared->entry + shared->avail, object, nr * sizeof(*object));
	shared->avail += nr;
	counts(m, cpu)->transfers++;
	counts(m, cpu)->transferred += nr;
	m->node[node].events++;
	return nr;
}

unsigned alien_empty(struct model *m, unsigned cpu, struct model_array *alien, unsigned home)
{
	unsigned nr = alien->avail, shared;

	if (!nr)
		return 0;
	shared = shared_put(m, cpu, home, alien->entry, nr);
	objects_home(m, cpu, alien->entry + shared, nr - shared);
	trim(m, cpu, home); /* though all of them may be in the shared array */
	alien->avail = 0;
	return nr;
}
