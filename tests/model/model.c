/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * model.c: what model.h promises. Plain on purpose: where it can be slow or obvious, it is obvious.
 */
#include "model.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE	       4096u
#define LINE	       64u
#define UNTOUCHED_MOST 16u /* what a CPU gets that used nothing since its array was last looked at */

/* The shared array is emptied from its top, so many objects at a time, each part oldest first. */
#define DRAIN_PART 64u

static void impossible(const char *what)
{
	fprintf(stderr, "model: impossible: %s\n", what);
	abort();
}

/* ---- layout --------------------------------------------------------------------------------- */

/* A slab takes the fewest pages that waste at most an eighth, or eight, or what one object needs. */
struct model_layout model_layout(unsigned object_size, unsigned align)
{
	struct model_layout l = { 0 };
	unsigned waste = 0;

	if (align < sizeof(void *))
		align = sizeof(void *);
	l.size = (object_size + align - 1) / align * align;
	l.off_slab = l.size >= PAGE / 8;
	for (l.pages = 1;; l.pages *= 2) {
		unsigned bytes = l.pages * PAGE, index = 0;

		l.num = bytes / l.size;
		if (!l.off_slab) {
			/* Each object has an index beside it: a byte, or two where 256 do not do. */
			for (index = 1; index <= 2; index++) {
				l.num = bytes / (l.size + index);
				if (l.num <= 256)
					break;
			}
			index = index > 2 ? 2 : index;
		}
		waste = bytes - l.num * (l.size + index);
		if (l.num && (waste <= bytes / 8 || l.pages >= 8))
			break;
	}
	l.colour_off = align > LINE ? align : LINE;
	l.colours = waste / l.colour_off + 1;
	return l;
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
		m->cpu[cpu].counts.list_moves++;
		n->events++;
	}
	s->list = to;
}

/* ---- slabs come and go ---------------------------------------------------------------------- */

static bool grow(struct model *m, unsigned cpu, unsigned node)
{
	struct model_node *n = &m->node[node];
	struct model_slab *s;
	unsigned slot;

	if (m->pages + m->layout.pages > m->max_pages)
		return false;
	slot = m->nr_spare ? m->spare[--m->nr_spare] : ++m->slots;
	if (slot > m->params.slabs)
		impossible("more slabs than there is room for");
	s = &m->slab[slot];
	s->ordinal = ++m->ordinals;
	s->node = node;
	s->list = LIST_NONE;
	s->colour = n->next_colour;
	n->next_colour = (n->next_colour + 1) % m->layout.colours;
	s->free = m->free_indices + (size_t)slot * m->layout.num;
	s->nr_free = m->layout.num;
	for (unsigned i = 0; i < s->nr_free; i++)
		s->free[i] = (uint16_t)(s->nr_free - 1 - i);
	m->pages += m->layout.pages;
	m->cpu[cpu].counts.grows++;
	n->events++;
	move(m, cpu, slot, LIST_FREE, true);
	n->free_objects += m->layout.num;
	m->grown = slot;
	return true;
}

/* Gives back the free slab that has been free for longest. */
static void destroy_last(struct model *m, unsigned cpu, struct model_node *n)
{
	unsigned slot = n->line[LIST_FREE].last;

	move(m, cpu, slot, LIST_NONE, false);
	n->free_objects -= m->layout.num;
	n->events++;
	m->cpu[cpu].counts.slab_frees++;
	m->pages -= m->layout.pages;
	m->spare[m->nr_spare++] = slot;
	m->died[m->nr_died++] = slot;
}

/* Objects return to their slabs; then free slabs go as long as there are too many free objects. */
static void give_back(struct model *m, unsigned cpu, unsigned node, const object_t *object,
		      unsigned nr)
{
	struct model_node *n = &m->node[node];

	for (unsigned i = 0; i < nr; i++) {
		unsigned slot = object_slab(object[i]);
		struct model_slab *s = &m->slab[slot];

		if (s->nr_free == m->layout.num)
			impossible("a slab gets back more than it gave");
		s->free[s->nr_free++] = (uint16_t)object_index(object[i]);
		n->free_objects++;
		if (s->nr_free == m->layout.num)
			move(m, cpu, slot, LIST_FREE, false);
		else
			move(m, cpu, slot, LIST_PARTIAL, true);
	}
	while (n->free_objects > n->free_limit && n->line[LIST_FREE].count)
		destroy_last(m, cpu, n);
}

/* ---- refill and flush ----------------------------------------------------------------------- */

static void count_transfer(struct model *m, unsigned cpu, struct model_node *n, unsigned nr)
{
	m->cpu[cpu].counts.transfers++;
	m->cpu[cpu].counts.transferred += nr;
	n->events++;
}

static unsigned from_shared(struct model *m, unsigned cpu, struct model_node *n, object_t *to,
			    unsigned want)
{
	unsigned nr = n->shared_avail < want ? n->shared_avail : want;

	if (!nr)
		return 0;
	n->shared_avail -= nr;
	memcpy(to, n->shared + n->shared_avail, nr * sizeof(*to));
	n->shared_touched = true;
	count_transfer(m, cpu, n, nr);
	return nr;
}

/* The partial slabs, then the free ones, each list from its first on. */
static unsigned from_slabs(struct model *m, unsigned cpu, struct model_node *n, object_t *to,
			   unsigned want, enum model_origin *origin)
{
	unsigned nr = 0;

	while (nr < want) {
		enum model_list list = n->line[LIST_PARTIAL].count ? LIST_PARTIAL : LIST_FREE;
		unsigned slot = n->line[list].first;
		struct model_slab *s = &m->slab[slot];

		n->free_touched |= list == LIST_FREE;
		if (!slot)
			break;
		*origin = list == LIST_PARTIAL ? FROM_PARTIAL : FROM_FREE;
		while (s->nr_free && nr < want)
			to[nr++] = slot << 16 | s->free[--s->nr_free];
		move(m, cpu, slot, s->nr_free ? LIST_PARTIAL : LIST_FULL, false);
	}
	n->free_objects -= nr;
	return nr;
}

/* Fills the CPU's empty array. Returns how many objects came. */
static unsigned refill(struct model *m, unsigned cpu)
{
	struct model_cpu *c = &m->cpu[cpu];
	unsigned node = cpu % m->params.nodes, want = m->params.batchcount, nr;
	struct model_node *n = &m->node[node];
	enum model_origin origin = FROM_SHARED;

	if (!c->touched && want > UNTOUCHED_MOST)
		want = UNTOUCHED_MOST;
	nr = from_shared(m, cpu, n, c->entry, want);
	if (!nr)
		nr = from_slabs(m, cpu, n, c->entry, want, &origin);
	if (!nr && grow(m, cpu, node)) {
		nr = from_slabs(m, cpu, n, c->entry, want, &origin);
		origin = FROM_GROWN;
	}
	if (!nr) {
		c->counts.origins[FROM_NOWHERE]++;
		return 0;
	}
	c->avail = nr;
	c->counts.refills++;
	c->counts.pushed += nr - 1; /* the last one goes to who asked */
	c->counts.origins[origin]++;
	return nr;
}

bool model_alloc(struct model *m, unsigned cpu, object_t *object)
{
	struct model_cpu *c = &m->cpu[cpu];

	m->grown = MODEL_NO_SLAB;
	m->nr_died = 0;
	m->slow = !c->avail;
	if (!m->slow)
		c->counts.hits++;
	else if (!refill(m, cpu))
		return false;
	c->touched = true;
	*object = c->entry[--c->avail];
	return true;
}

/* The array is full: its oldest go to the shared array, or where that has no room at all, home. */
static void flush(struct model *m, unsigned cpu)
{
	struct model_cpu *c = &m->cpu[cpu];
	unsigned node = cpu % m->params.nodes, nr = m->params.batchcount;
	struct model_node *n = &m->node[node];
	unsigned room = n->shared_limit - n->shared_avail;

	if (room) {
		nr = nr < room ? nr : room;
		memcpy(n->shared + n->shared_avail, c->entry, nr * sizeof(*c->entry));
		n->shared_avail += nr;
		count_transfer(m, cpu, n, nr);
	} else {
		give_back(m, cpu, node, c->entry, nr);
	}
	/* libslab takes all out and pushes the rest back, with the new one. */
	c->counts.taken += c->avail;
	c->counts.pushed += c->avail - nr + 1;
	c->counts.flushes++;
	c->counts.slow_frees++;
	c->avail -= nr;
	memmove(c->entry, c->entry + nr, c->avail * sizeof(*c->entry));
}

void model_free(struct model *m, unsigned cpu, object_t object)
{
	struct model_cpu *c = &m->cpu[cpu];

	m->grown = MODEL_NO_SLAB;
	m->nr_died = 0;
	m->slow = c->avail == m->params.limit;
	if (m->slow)
		flush(m, cpu);
	c->entry[c->avail++] = object;
}

unsigned model_shrink(struct model *m)
{
	unsigned given = 0;

	m->grown = MODEL_NO_SLAB;
	m->nr_died = 0;
	m->slow = true;
	for (unsigned cpu = 0; cpu < m->params.cpus; cpu++) {
		struct model_cpu *c = &m->cpu[cpu];

		give_back(m, cpu, cpu % m->params.nodes, c->entry, c->avail);
		c->counts.taken += c->avail;
		c->avail = 0;
	}
	for (unsigned node = 0; node < m->params.nodes; node++) {
		struct model_node *n = &m->node[node];

		while (n->shared_avail) {
			unsigned nr = n->shared_avail < DRAIN_PART ? n->shared_avail : DRAIN_PART;

			n->shared_avail -= nr;
			give_back(m, node, node, n->shared + n->shared_avail, nr);
		}
		for (; n->line[LIST_FREE].count; given++)
			destroy_last(m, node, n);
	}
	return given;
}

/* ---- a model comes and goes ------------------------------------------------------------------ */

static bool reserve(struct model *m)
{
	const struct model_params *p = &m->params;

	m->free_indices = calloc((size_t)p->slabs + 1, m->layout.num * sizeof(*m->free_indices));
	m->slab = calloc((size_t)p->slabs + 1, sizeof(*m->slab));
	m->spare = calloc(p->slabs, sizeof(*m->spare));
	m->died = calloc(p->slabs, sizeof(*m->died));
	m->cpu = calloc(p->cpus, sizeof(*m->cpu));
	m->node = calloc(p->nodes, sizeof(*m->node));
	return m->free_indices && m->slab && m->spare && m->died && m->cpu && m->node;
}

struct model *model_create(const struct model_params *params)
{
	struct model *m = calloc(1, sizeof(*m));
	bool good;

	if (!m)
		return NULL;
	m->params = *params;
	m->max_pages = ULONG_MAX;
	m->layout = model_layout(params->object_size, params->align);
	good = reserve(m);
	for (unsigned cpu = 0; good && cpu < params->cpus; cpu++) {
		m->cpu[cpu].entry = calloc(params->limit, sizeof(object_t));
		good = m->cpu[cpu].entry;
	}
	for (unsigned node = 0; good && node < params->nodes; node++) {
		struct model_node *n = &m->node[node];
		unsigned cpus = 0;

		for (unsigned cpu = 0; cpu < params->cpus; cpu++)
			cpus += cpu % params->nodes == node;
		n->free_limit = (1ul + cpus) * params->batchcount + m->layout.num;
		n->shared_limit = params->sharedfactor * params->batchcount;
		n->shared = calloc(n->shared_limit + 1, sizeof(object_t));
		good = n->shared;
	}
	if (good)
		return m;
	model_destroy(m);
	return NULL;
}

void model_destroy(struct model *m)
{
	for (unsigned cpu = 0; m->cpu && cpu < m->params.cpus; cpu++)
		free(m->cpu[cpu].entry);
	for (unsigned node = 0; m->node && node < m->params.nodes; node++)
		free(m->node[node].shared);
	free(m->cpu);
	free(m->node);
	free(m->slab);
	free(m->spare);
	free(m->died);
	free(m->free_indices);
	free(m);
}
