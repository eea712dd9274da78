// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * model_refill.c: allocates and frees.
 */
#include "model_slabs.h"

#include <string.h>

#define UNTOUCHED_MOST \
	16u /* the batch of a CPU whose array was not touched since the last pass of ageing */

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* ---- allocate ------------------------------------------------------------------------------- */

/* Moves the newest object that the caller may use to the top. Returns whether there is one. */
static bool bring_up(struct model *m, struct model_array *a, bool emergency)
{
	for (unsigned i = a->avail; i--;) {
		object_t object = a->entry[i];

		if (!emergency && m->slab[object_slab(object)].emergency)
			continue;
		a->entry[i] = a->entry[a->avail - 1];
		a->entry[a->avail - 1] = object;
		return true;
	}
	return false;
}

/* Takes a batch from the top of the shared array, or from the slabs where it has none. */
static unsigned fill(struct model *m, unsigned cpu, bool emergency, object_t *to, unsigned want,
		     enum model_origin *origin)
{
	unsigned node = cpu_node(m, cpu), nr;
	struct model_array *shared = &m->node[node].shared;

	nr = smaller(want, shared->avail);
	if (m->emergencies && !emergency)
		nr = 0; /* it does not record which objects are of the reserve */
	if (!nr)
		return objects_take(m, cpu, node, emergency, to, want, origin);
	shared->avail -= nr;
	memcpy(to, shared->entry + shared->avail, nr * sizeof(*to));
	shared->touched = true;
	counts(m, cpu)->transfers++;
	counts(m, cpu)->transferred += nr;
	m->node[node].events++;
	*origin = FROM_SHARED;
	return nr;
}

/* Takes an object from the slabs of another node. */
static unsigned from_others(struct model *m, unsigned cpu, bool emergency, object_t *to)
{
	enum model_origin unused;

	for (unsigned node = 0; node < m->params.nodes; node++)
		if (node != cpu_node(m, cpu) &&
		    objects_take(m, cpu, node, emergency, to, 1, &unused))
			return 1;
	return 0;
}

/* A caller that may not use the shared array gives it back to the slabs, a batch at a time. */
static bool shared_home(struct model *m, unsigned cpu, unsigned want)
{
	struct model_array *shared = &m->node[cpu_node(m, cpu)].shared;
	unsigned nr = smaller(want, shared->avail);

	if (!nr)
		return false;
	shared->avail -= nr;
	shared->touched = true;
	counts(m, cpu)->transfers++;
	counts(m, cpu)->transferred += nr;
	m->node[cpu_node(m, cpu)].events++;
	objects_home(m, cpu, shared->entry + shared->avail, nr);
	return true;
}

/*
 * Refills the CPU's array, which is empty, or (useless) holds only objects that the caller may
 * not use: then it grows at once. The caller gets the last object of the batch. The others go
 * into the array, as far as it has room.
 */
static bool refill(struct model *m, unsigned cpu, bool emergency, bool useless, object_t *object)
{
	struct model_array *a = &m->cpu[cpu].array;
	struct model_counts *c = counts(m, cpu);
	unsigned want = m->params.batchcount, nr = 0, pushed;
	enum model_origin origin = FROM_NOWHERE;
	object_t batch[MODEL_LIMIT_MAX];

	if (!a->touched)
		want = smaller(want, UNTOUCHED_MOST);
	if (!useless)
		nr = fill(m, cpu, emergency, batch, want, &origin);
	while (!nr) {
		if (slab_grow(m, cpu, cpu_node(m, cpu), emergency)) {
			nr = fill(m, cpu, emergency, batch, want, &origin);
			origin = FROM_GROWN;
		} else if (objects_there(m, cpu_node(m, cpu), emergency) ||
			   (m->emergencies && !emergency && shared_home(m, cpu, want))) {
			nr = fill(m, cpu, emergency, batch, want, &origin);
		} else {
			break;
		}
	}
	if (nr) {
		a->touched = true;
	} else {
		nr = from_others(m, cpu, emergency, batch);
		origin = nr ? FROM_REMOTE : FROM_NOWHERE;
	}
	c->origins[origin]++;
	if (!nr)
		return false;
	c->refills++;
	*object = batch[--nr];
	pushed = smaller(nr, a->limit - a->avail);
	memcpy(a->entry + a->avail, batch, pushed * sizeof(*batch));
	a->avail += pushed;
	c->pushed += pushed;
	objects_home(m, cpu, batch + pushed, nr - pushed);
	return true;
}

/* Allocates from the slabs of a node, without the CPU's array. */
static bool bypass(struct model *m, unsigned cpu, unsigned node, bool emergency, object_t *object)
{
	enum model_origin unused;

	operation_begins(m, true);
	if (!objects_take(m, cpu, node, emergency, object, 1, &unused) &&
	    !(slab_grow(m, cpu, node, emergency) &&
	      objects_take(m, cpu, node, emergency, object, 1, &unused))) {
		counts(m, cpu)->origins[FROM_NOWHERE]++;
		return false;
	}
	counts(m, cpu)->bypasses++;
	m->stats.node_allocs++;
	return true;
}

bool model_alloc(struct model *m, unsigned cpu, int node, bool emergency, object_t *object)
{
	struct model_cpu *c = &m->cpu[cpu];
	bool useful;

	operation_begins(m, false);
	if (node >= (int)m->params.nodes)
		return false;
	if (node >= 0 && (unsigned)node != cpu_node(m, cpu))
		return bypass(m, cpu, (unsigned)node, emergency, object);
	c->used = true;
	useful = bring_up(m, &c->array, emergency);
	m->slow = !useful;
	if (!useful)
		return refill(m, cpu, emergency, c->array.avail > 0, object);
	c->counts.hits++;
	c->array.touched = true;
	*object = c->array.entry[--c->array.avail];
	return true;
}

/* ---- free ----------------------------------------------------------------------------------- */

/*
 * Flushes a full array: its oldest objects go to the shared array, or to their slabs where that
 * has no room.
 */
static void flush(struct model *m, unsigned cpu)
{
	struct model_array *a = &m->cpu[cpu].array;
	struct model_counts *c = counts(m, cpu);
	unsigned node = cpu_node(m, cpu), nr;

	nr = shared_put(m, cpu, node, a->entry, m->params.batchcount);
	if (!nr) {
		nr = m->params.batchcount;
		objects_home(m, cpu, a->entry, nr);
	}
	if (m->stats.max_freeable < m->node[node].line[LIST_FREE].count)
		m->stats.max_freeable = m->node[node].line[LIST_FREE].count;
	/*
	 * With several nodes libslab takes all objects out, and pushes the rest back with the new
	 * one.
	 */
	c->taken += m->params.nodes > 1 ? a->avail : nr;
	c->pushed += m->params.nodes > 1 ? a->avail - nr + 1 : 1;
	c->flushes++;
	c->slow_frees++;
	a->avail -= nr;
	memmove(a->entry, a->entry + nr, a->avail * sizeof(*a->entry));
}

static void free_alien(struct model *m, unsigned cpu, object_t object)
{
	unsigned home = m->slab[object_slab(object)].node;
	struct model_array *alien = &m->node[cpu_node(m, cpu)].alien[home];

	operation_begins(m, true);
	m->stats.node_frees++;
	if (alien->avail == alien->limit) {
		m->stats.node_overflow++;
		alien_empty(m, cpu, alien, home);
	}
	alien->entry[alien->avail++] = object;
	counts(m, cpu)->slow_frees++;
}

void model_free(struct model *m, unsigned cpu, object_t object)
{
	struct model_array *a = &m->cpu[cpu].array;

	if (m->slab[object_slab(object)].node != cpu_node(m, cpu)) {
		free_alien(m, cpu, object);
		return;
	}
	operation_begins(m, a->avail == a->limit);
	m->cpu[cpu].used = true;
	if (m->slow)
		flush(m, cpu);
	else
		counts(m, cpu)->free_hits++;
	a->entry[a->avail++] = object;
}
