// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * model.c: makes and destroys a model; the layout of objects in slabs.
 */
#include "model_slabs.h"

#include <limits.h>
#include <stdlib.h>

#define PAGE 4096u
#define LINE 64u

/*
 * Returns how many objects fit into so many bytes, with their indices where these are on the slab.
 */
static unsigned fit(const struct model_params *p, const struct model_layout *l, unsigned bytes,
		    unsigned *waste)
{
	unsigned index = l->off_slab ? 0 : p->chained ? 2 : 1, num = bytes / (l->size + index);

	if (index == 1 && num > 256) { /* one byte is too small for so many */
		index = 2;
		num = bytes / (l->size + index);
	}
	*waste = bytes - num * (l->size + index);
	return num;
}

/*
 * A slab has the fewest pages that waste at most an eighth, or eight pages, or as many as one
 * object needs.
 */
struct model_layout model_layout(const struct model_params *p)
{
	unsigned align = p->align < sizeof(void *) ? sizeof(void *) : p->align, waste;
	struct model_layout l = {.size = (p->object_size + align - 1) / align * align};

	l.off_slab = p->where == OFF_SLAB || (p->where == BY_SIZE && l.size >= PAGE / 8);
	for (l.pages = 1;; l.pages *= 2) {
		l.num = fit(p, &l, l.pages * PAGE, &waste);
		if (l.num && (waste <= l.pages * PAGE / 8 || l.pages >= 8))
			break;
	}
	l.colour_off = align > LINE ? align : LINE;
	l.colours = waste / l.colour_off + 1;
	return l;
}

/* Makes the arrays once, for the largest tunables; the system provides the touched pages. */
static bool make_array(struct model_array *a, unsigned limit)
{
	a->entry = calloc(limit ? limit : 1, sizeof(*a->entry));
	return a->entry != NULL;
}

void model_size_node(struct model *m, unsigned node)
{
	const struct model_params *p = &m->params;
	struct model_node *n = &m->node[node];
	unsigned cpus = 0;

	for (unsigned cpu = 0; cpu < p->cpus; cpu++)
		cpus += cpu_node(m, cpu) == node;
	n->free_limit = (1ul + cpus) * p->batchcount + m->layout.num;
	n->shared.limit = p->sharedfactor * p->batchcount;
	n->shared.touched = false;
	for (unsigned home = 0; home < p->nodes; home++)
		n->alien[home].limit = home == node ? 0 : p->limit;
}

static bool make_arrays(struct model *m)
{
	const struct model_params *p = &m->params;
	bool good = true;

	for (unsigned cpu = 0; good && cpu < p->cpus; cpu++) {
		good = make_array(&m->cpu[cpu].array, MODEL_LIMIT_MAX);
		m->cpu[cpu].array.limit = p->limit;
	}
	for (unsigned node = 0; good && node < p->nodes; node++) {
		good = make_array(&m->node[node].shared, MODEL_SHARED_MAX);
		for (unsigned home = 0; good && home < p->nodes; home++)
			if (home != node)
				good = make_array(&m->node[node].alien[home], MODEL_LIMIT_MAX);
		model_size_node(m, node);
	}
	return good;
}

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

	if (!m)
		return NULL;
	m->params = *params;
	m->max_pages = ULONG_MAX;
	m->layout = model_layout(params);
	if (reserve(m) && make_arrays(m))
		return m;
	model_destroy(m);
	return NULL;
}

void model_destroy(struct model *m)
{
	for (unsigned cpu = 0; m->cpu && cpu < m->params.cpus; cpu++)
		free(m->cpu[cpu].array.entry);
	for (unsigned node = 0; m->node && node < m->params.nodes; node++) {
		free(m->node[node].shared.entry);
		for (unsigned home = 0; home < m->params.nodes; home++)
			free(m->node[node].alien[home].entry);
	}
	free(m->cpu);
	free(m->node);
	free(m->slab);
	free(m->spare);
	free(m->died);
	free(m->free_indices);
	free(m);
}
