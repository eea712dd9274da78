// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * model_drain.c: takes objects out of arrays other than by allocation: shrinks, ages, tunes.
 */
#include "model_slabs.h"

#include <string.h>

/* Empties a shared array from its oldest object on, so many objects at a time. */
#define DRAIN_PART 64u

/* Returns the CPU for counts of a node's steps: the first of the node, or else the first of all. */
static unsigned counting_cpu(const struct model *m, unsigned node)
{
	return node < m->params.cpus ? node : 0;
}

/* Gives the nr oldest objects of a CPU's array back to their slabs. */
static void drain_cpu(struct model *m, unsigned cpu, unsigned nr)
{
	struct model_array *a = &m->cpu[cpu].array;

	nr = nr < a->avail ? nr : a->avail;
	objects_home(m, cpu, a->entry, nr);
	counts(m, cpu)->taken += nr;
	a->avail -= nr;
	memmove(a->entry, a->entry + nr, a->avail * sizeof(*a->entry));
}

static void drain_shared(struct model *m, unsigned node, unsigned nr)
{
	struct model_array *a = &m->node[node].shared;

	nr = nr < a->avail ? nr : a->avail;
	while (nr) {
		unsigned part = nr < DRAIN_PART ? nr : DRAIN_PART;

		objects_home(m, counting_cpu(m, node), a->entry, part);
		a->avail -= part;
		nr -= part;
		memmove(a->entry, a->entry + part, a->avail * sizeof(*a->entry));
	}
}

static unsigned drain_aliens(struct model *m, unsigned node)
{
	unsigned nr = 0;

	for (unsigned home = 0; home < m->params.nodes; home++)
		nr += alien_empty(m, counting_cpu(m, node), &m->node[node].alien[home], home);
	return nr;
}

static unsigned destroy_free(struct model *m, unsigned node, unsigned most)
{
	unsigned given = 0;

	for (; given < most && m->node[node].line[LIST_FREE].count; given++)
		slab_destroy_last(m, counting_cpu(m, node), node);
	return given;
}

/* ---- shrink --------------------------------------------------------------------------------- */

unsigned model_shrink(struct model *m)
{
	unsigned given = 0;

	operation_begins(m, true);
	for (unsigned cpu = 0; cpu < m->params.cpus; cpu++)
		drain_cpu(m, cpu, MODEL_LIMIT_MAX);
	for (unsigned node = 0; node < m->params.nodes; node++)
		drain_aliens(m, node);
	for (unsigned node = 0; node < m->params.nodes; node++)
		drain_shared(m, node, UINT32_MAX);
	for (unsigned node = 0; node < m->params.nodes; node++)
		given += destroy_free(m, node, UINT32_MAX);
	return given;
}

/* ---- age ------------------------------------------------------------------------------------ */

/* Returns a fifth of the limit; of an array with fewer objects, half of them. */
static unsigned due(const struct model_array *a)
{
	unsigned nr = (a->limit + 4) / 5;

	return nr > a->avail ? (a->avail + 1) / 2 : nr;
}

static unsigned age_cpu(struct model *m, unsigned cpu)
{
	struct model_array *a = &m->cpu[cpu].array;
	unsigned nr = due(a);

	if (!a->avail)
		return 0;
	if (a->touched) {
		a->touched = false;
		return 0;
	}
	drain_cpu(m, cpu, nr);
	return nr;
}

/* Ages a node, every second time: the shared array, then a fifth of the allowed free slabs. */
static void age_node(struct model *m, unsigned node)
{
	struct model_node *n = &m->node[node];

	if (n->shared.avail) { /* an empty one keeps its mark, as the array of a CPU */
		if (!n->shared.touched)
			drain_shared(m, node, due(&n->shared));
		n->shared.touched = false;
	}
	if (!n->free_touched)
		m->stats.reaped +=
			destroy_free(m, node,
				     (unsigned)((n->free_limit + 5ul * m->layout.num - 1) /
						(5ul * m->layout.num)));
	n->free_touched = false;
}

unsigned model_reap(struct model *m)
{
	unsigned drained = 0;

	operation_begins(m, true);
	for (unsigned node = 0; node < m->params.nodes; node++) {
		struct model_node *n = &m->node[node];

		drained += drain_aliens(m, node);
		for (unsigned cpu = 0; cpu < m->params.cpus; cpu++)
			if (cpu_node(m, cpu) == node && m->cpu[cpu].used)
				drained += age_cpu(m, cpu);
		if (n->reap_due)
			age_node(m, node);
		n->reap_due = !n->reap_due;
	}
	return drained;
}

/* ---- tune ----------------------------------------------------------------------------------- */

bool model_tune(struct model *m, unsigned limit, unsigned batchcount, unsigned sharedfactor)
{
	operation_begins(m, true);
	if (!limit || limit > MODEL_LIMIT_MAX || !batchcount || batchcount > limit ||
	    sharedfactor > 1024)
		return false;
	for (unsigned cpu = 0; cpu < m->params.cpus; cpu++)
		drain_cpu(m, cpu, MODEL_LIMIT_MAX);
	m->params.limit = limit;
	m->params.batchcount = batchcount;
	m->params.sharedfactor = sharedfactor;
	for (unsigned cpu = 0; cpu < m->params.cpus; cpu++)
		m->cpu[cpu].array.limit = limit;
	for (unsigned node = 0; node < m->params.nodes; node++) {
		drain_shared(m, node, UINT32_MAX);
		drain_aliens(m, node);
		model_size_node(m, node);
	}
	return true;
}
