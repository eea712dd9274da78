/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pair.c: compares what libslab has with what the model says, after each operation.
 */
#include "pair.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"
#include "percpu.h"
#include "virtual.h"

static __attribute__((format(printf, 2, 3))) bool wrong(struct pair *p, const char *format, ...)
{
	va_list args;

	if (!*p->wrong) {
		va_start(args, format);
		vsnprintf(p->wrong, sizeof(p->wrong), format, args);
		va_end(args);
	}
	return false;
}

/* Where two numbers differ, says which. */
#define SAME(p, real, model, ...)                                                                  \
	({                                                                                         \
		unsigned long long real_ = (real), model_ = (model);                               \
		bool same_ = real_ == model_;                                                      \
                                                                                                   \
		if (__builtin_expect(!same_, 0)) {                                                 \
			char what_[120];                                                           \
                                                                                                   \
			snprintf(what_, sizeof(what_), __VA_ARGS__);                               \
			wrong(p, "%s: libslab %llu, model %llu", what_, real_, model_);            \
		}                                                                                  \
		same_;                                                                             \
	})

static void *address(const struct pair *p, object_t object)
{
	return p->first[object_slab(object)] +
	       (size_t)object_index(object) * p->model->layout.size;
}

/* ---- compared after each operation ------------------------------------------------------------ */

/* The slab that the model has made is the one that libslab's object lies in. */
static bool pair_up(struct pair *p, unsigned slot, void *objp)
{
	struct model_slab *s = &p->model->slab[slot];
	struct slab *slabp = virt_to_slab(objp);

	if (!slabp || slabp->cache != p->cachep)
		return wrong(p, "%p is in no slab of this cache", objp);
	if (!SAME(p, slabp->s_mem, s->colour * p->model->layout.colour_off,
		  "slab %lu: offset of the first object", s->ordinal) ||
	    !SAME(p, slabp->node, s->node, "slab %lu: node", s->ordinal))
		return false;
	p->page[slot] = slab_page(slabp);
	p->first[slot] = slab_address(slabp) + slabp->s_mem;
	return true;
}

static bool compare_cpu(struct pair *p, unsigned cpu)
{
	const struct model_cpu *c = &p->model->cpu[cpu];
	const struct slab_cpu *ac = &p->cachep->cpu[cpu];

	return SAME(p, ac->state & SLAB_AVAIL_MASK, c->avail, "CPU %u: avail", cpu) &&
	       SAME(p, ac->state >> 16, c->counts.hits, "CPU %u: hits", cpu) &&
	       SAME(p, ac->touched, c->touched, "CPU %u: touched", cpu);
}

static bool compare_counts(struct pair *p, unsigned cpu)
{
	static const unsigned origin[MODEL_ORIGINS] = {
		[FROM_SHARED] = SLAB_ORIGIN_SHARED, [FROM_PARTIAL] = SLAB_ORIGIN_PARTIAL,
		[FROM_FREE] = SLAB_ORIGIN_FREE,	    [FROM_GROWN] = SLAB_ORIGIN_GROWN,
		[FROM_NOWHERE] = SLAB_ORIGIN_FAILED,
	};
	const struct slab_cpu_counters *real = cpu_counters(p->cachep, (int)cpu);
	const struct model_counts *c = &p->model->cpu[cpu].counts;
	unsigned long long listed = 0;

	for (unsigned o = 0; o < MODEL_ORIGINS; o++)
		if (!SAME(p, real->origins[origin[o]], c->origins[o], "CPU %u: origin %u", cpu, o))
			return false;
	for (unsigned o = 0; o < SLAB_ORIGINS; o++)
		listed += real->origins[o];
	return SAME(p, listed, c->refills + c->origins[FROM_NOWHERE], "CPU %u: all origins", cpu) &&
	       SAME(p, real->refills, c->refills, "CPU %u: refills", cpu) &&
	       SAME(p, real->bypasses, 0, "CPU %u: bypasses", cpu) &&
	       SAME(p, real->pushed, c->pushed, "CPU %u: pushed", cpu) &&
	       SAME(p, real->taken, c->taken, "CPU %u: taken", cpu) &&
	       SAME(p, real->slow_frees, c->slow_frees, "CPU %u: slow frees", cpu) &&
	       SAME(p, real->flushes, c->flushes, "CPU %u: flushes", cpu) &&
	       SAME(p, real->grows, c->grows, "CPU %u: grows", cpu) &&
	       SAME(p, real->slab_frees, c->slab_frees, "CPU %u: slab frees", cpu) &&
	       SAME(p, real->list_moves, c->list_moves, "CPU %u: list moves", cpu) &&
	       SAME(p, real->transfers, c->transfers, "CPU %u: transfers", cpu) &&
	       SAME(p, real->transferred, c->transferred, "CPU %u: transferred", cpu);
}

static const char *const list_name[MODEL_LISTS] = { "none", "free", "partial", "full" };

static const struct slab_list *real_list(const struct kmem_cache_node *n, enum model_list list)
{
	return list == LIST_FREE ? &n->slabs_free
	       : list == LIST_PARTIAL ? &n->slabs_partial : &n->slabs_full;
}

/* The node's counts, and the ends of its lists. */
static bool compare_node(struct pair *p, unsigned node)
{
	const struct kmem_cache_node *n = get_node(p->cachep, (int)node);
	const struct model_node *m = &p->model->node[node];

	for (enum model_list list = LIST_FREE; list <= LIST_FULL; list++) {
		const struct slab_list *real = real_list(n, list);
		const struct model_line *line = &m->line[list];

		if (!SAME(p, real->count, line->count, "node %u: %s slabs", node, list_name[list]) ||
		    !SAME(p, real->first, p->page[line->first], "node %u: page of the first %s slab",
			  node, list_name[list]) ||
		    !SAME(p, real->last, p->page[line->last], "node %u: page of the last %s slab",
			  node, list_name[list]))
			return false;
	}
	return SAME(p, n->free_objects, m->free_objects, "node %u: free objects", node) &&
	       SAME(p, n->free_limit, m->free_limit, "node %u: free limit", node) &&
	       SAME(p, n->free_touched, m->free_touched, "node %u: free_touched", node) &&
	       SAME(p, n->colour_next, m->next_colour, "node %u: next colour", node) &&
	       SAME(p, n->seq, m->events, "node %u: events", node) &&
	       SAME(p, n->shared ? n->shared->avail : 0, m->shared_avail, "node %u: shared", node) &&
	       SAME(p, n->shared ? n->shared->limit : 0, m->shared_limit, "node %u: shared limit",
		    node) &&
	       SAME(p, n->shared ? n->shared->touched : 0, m->shared_touched,
		    "node %u: shared touched", node);
}

static bool compare_gauges(struct pair *p)
{
	const struct slab_registry_gauges *g = p->cachep->gauges;
	unsigned long slabs[MODEL_LISTS] = { 0 }, free_objects = 0, shared = 0;

	for (unsigned node = 0; node < p->model->params.nodes; node++) {
		const struct model_node *n = &p->model->node[node];

		for (enum model_list list = LIST_FREE; list <= LIST_FULL; list++)
			slabs[list] += n->line[list].count;
		free_objects += n->free_objects;
		shared += n->shared_avail;
	}
	return SAME(p, g->slabs_full, slabs[LIST_FULL], "gauge of full slabs") &&
	       SAME(p, g->slabs_partial, slabs[LIST_PARTIAL], "gauge of partial slabs") &&
	       SAME(p, g->slabs_free, slabs[LIST_FREE], "gauge of free slabs") &&
	       SAME(p, g->free_objects, free_objects, "gauge of free objects") &&
	       SAME(p, g->shared_avail, shared, "gauge of the shared arrays");
}

/* After an operation on a CPU. */
static bool compare_step(struct pair *p, unsigned cpu)
{
	struct model *m = p->model;

	for (unsigned i = 0; i < m->nr_died; i++)
		p->page[m->died[i]] = 0;
	if (!compare_cpu(p, cpu))
		return false;
	if (!m->slow)
		return true;
	for (unsigned node = 0; node < m->params.nodes; node++)
		if (!compare_node(p, node))
			return false;
	return compare_counts(p, cpu) && compare_gauges(p);
}

/* ---- operations ------------------------------------------------------------------------------- */

bool pair_alloc(struct pair *p, unsigned cpu, struct both *got)
{
	bool given = model_alloc(p->model, cpu, &got->object);

	got->real = slab_virtual_alloc(p->cachep, 0, (int)cpu);
	if (!got->real != !given)
		return wrong(p, "libslab gave %p, the model %s", got->real,
			     given ? "an object" : "NULL");
	if (!given)
		return compare_step(p, cpu);
	if (p->model->grown && !pair_up(p, p->model->grown, got->real))
		return false;
	if (got->real != address(p, got->object))
		return wrong(p, "libslab gave %p, the model object %u of slab %lu, which is %p",
			     got->real, object_index(got->object),
			     p->model->slab[object_slab(got->object)].ordinal,
			     address(p, got->object));
	return compare_step(p, cpu);
}

bool pair_free(struct pair *p, unsigned cpu, struct both out)
{
	model_free(p->model, cpu, out.object);
	slab_virtual_free(p->cachep, out.real, (int)cpu);
	return compare_step(p, cpu);
}

bool pair_shrink(struct pair *p)
{
	unsigned given = model_shrink(p->model);

	return SAME(p, kmem_cache_shrink(p->cachep), given, "slabs that shrinking gave") &&
	       compare_step(p, 0) && pair_compare(p);
}

/* ---- everything ------------------------------------------------------------------------------- */

/* The free objects of a slab, in the order in which they would be handed out. */
static bool compare_slab(struct pair *p, unsigned slot)
{
	const struct model_slab *s = &p->model->slab[slot];
	struct slab *slabp = &slab_pages.slab[p->page[slot]];
	unsigned active = p->model->layout.num - s->nr_free;
	uint16_t index[SLAB_OBJECTS_MAX];

	if (!SAME(p, slabp->active, active, "slab %lu: active", s->ordinal))
		return false;
	if (!SAME(p, slab_free_indices(p->cachep, slabp, index), s->nr_free,
		  "slab %lu: free objects", s->ordinal))
		return false;
	for (unsigned i = 0; i < s->nr_free; i++)
		if (!SAME(p, index[i], s->free[s->nr_free - 1 - i], "slab %lu: free object %u", s->ordinal, i))
			return false;
	return true;
}

static bool compare_list(struct pair *p, unsigned node, enum model_list list)
{
	const struct slab_list *real = real_list(get_node(p->cachep, (int)node), list);
	unsigned slot = p->model->node[node].line[list].first, at = 0;
	uint32_t before = 0, page = real->first;

	for (; page && slot; slot = p->model->slab[slot].behind, at++) {
		if (!SAME(p, page, p->page[slot], "node %u: page of %s slab %u", node,
			  list_name[list], at) ||
		    !SAME(p, slab_pages.slab[page].prev, before, "page before %u", page) ||
		    !compare_slab(p, slot))
			return false;
		before = page;
		page = slab_pages.slab[page].next;
	}
	return SAME(p, page, p->page[slot], "node %u: page behind the %s slabs", node,
		    list_name[list]);
}

static bool compare_array(struct pair *p, void *const *real, const object_t *model, unsigned nr,
			  const char *what, unsigned which)
{
	for (unsigned i = 0; i < nr; i++)
		if (real[i] != address(p, model[i]))
			return wrong(p, "%s %u: entry %u: libslab has %p, the model %p", what, which,
				     i, real[i], address(p, model[i]));
	return true;
}

bool pair_compare(struct pair *p)
{
	const struct model *m = p->model;

	for (unsigned cpu = 0; cpu < m->params.cpus; cpu++)
		if (!compare_cpu(p, cpu) || !compare_counts(p, cpu) ||
		    !compare_array(p, p->cachep->cpu[cpu].entry, m->cpu[cpu].entry,
				   m->cpu[cpu].avail, "CPU", cpu))
			return false;
	for (unsigned node = 0; node < m->params.nodes; node++) {
		struct array_cache *shared = get_node(p->cachep, (int)node)->shared;

		if (!compare_node(p, node) ||
		    !compare_array(p, shared ? shared->entry : NULL, m->node[node].shared,
				   m->node[node].shared_avail, "shared array of node", node))
			return false;
		for (enum model_list list = LIST_FREE; list <= LIST_FULL; list++)
			if (!compare_list(p, node, list))
				return false;
	}
	return compare_gauges(p);
}

/* ---- a pair comes and goes -------------------------------------------------------------------- */

bool pair_create(struct pair *p, const struct model_params *params, unsigned flags,
		 void (*ctor)(void *))
{
	struct slab_topology t = { .cpus = params->cpus, .nodes = params->nodes,
				   .limit = params->limit, .batchcount = params->batchcount,
				   .sharedfactor = params->sharedfactor };
	const struct model_layout *l;

	*p = (struct pair){ .model = model_create(params) };
	p->page = calloc(params->slabs + 1, sizeof(*p->page));
	p->first = calloc(params->slabs + 1, sizeof(*p->first));
	p->cachep = slab_virtual_create("model", params->object_size, params->align, flags, ctor,
					&t);
	if (!p->model || !p->page || !p->first || !p->cachep)
		return wrong(p, "a cache or its model cannot be made");
	l = &p->model->layout;
	return SAME(p, p->cachep->size, l->size, "bytes from one object to the next") &&
	       SAME(p, 1u << p->cachep->order, l->pages, "pages of a slab") &&
	       SAME(p, p->cachep->num, l->num, "objects of a slab") &&
	       SAME(p, p->cachep->colour, l->colours, "colours") &&
	       SAME(p, p->cachep->colour_off, l->colour_off, "bytes of a colour") &&
	       SAME(p, p->cachep->off_slab, l->off_slab, "off slab") && pair_compare(p);
}

void pair_destroy(struct pair *p)
{
	kmem_cache_destroy(p->cachep);
	if (p->model)
		model_destroy(p->model);
	free(p->page);
	free(p->first);
}

/* ---- for people ------------------------------------------------------------------------------- */

#define PRINTED 40 /* of a list or an array */

static void print_real(const struct pair *p, FILE *to)
{
	fprintf(to, "libslab:\n");
	for (unsigned node = 0; node < p->model->params.nodes; node++) {
		const struct kmem_cache_node *n = get_node(p->cachep, (int)node);

		fprintf(to, "  node %u: %lu free objects (limit %lu), shared %u\n", node,
			n->free_objects, n->free_limit, n->shared ? n->shared->avail : 0);
		for (enum model_list list = LIST_FREE; list <= LIST_FULL; list++) {
			const struct slab_list *l = real_list(n, list);
			uint32_t page = l->first;

			fprintf(to, "    %-7s %4u, page:active", list_name[list], l->count);
			for (unsigned i = 0; page && i < PRINTED; i++) {
				fprintf(to, " %u:%u", page, slab_pages.slab[page].active);
				page = slab_pages.slab[page].next;
			}
			fprintf(to, page ? " ...\n" : "\n");
		}
	}
	for (unsigned cpu = 0; cpu < p->model->params.cpus; cpu++)
		fprintf(to, "  cpu %u: %u objects, %lu hits%s\n", cpu,
			percpu_avail(p->cachep, (int)cpu), percpu_hits(p->cachep, (int)cpu),
			p->cachep->cpu[cpu].touched ? ", touched" : "");
}

static void print_model(const struct pair *p, FILE *to)
{
	const struct model *m = p->model;

	fprintf(to, "model:\n");
	for (unsigned node = 0; node < m->params.nodes; node++) {
		const struct model_node *n = &m->node[node];

		fprintf(to, "  node %u: %lu free objects (limit %lu), shared %u\n", node,
			n->free_objects, n->free_limit, n->shared_avail);
		for (enum model_list list = LIST_FREE; list <= LIST_FULL; list++) {
			unsigned slot = n->line[list].first;

			fprintf(to, "    %-7s %4u, page:active", list_name[list],
				n->line[list].count);
			for (unsigned i = 0; slot && i < PRINTED; i++) {
				fprintf(to, " %u:%u", p->page[slot],
					m->layout.num - m->slab[slot].nr_free);
				slot = m->slab[slot].behind;
			}
			fprintf(to, slot ? " ...\n" : "\n");
		}
	}
	for (unsigned cpu = 0; cpu < m->params.cpus; cpu++)
		fprintf(to, "  cpu %u: %u objects, %lu hits%s\n", cpu, m->cpu[cpu].avail,
			m->cpu[cpu].counts.hits, m->cpu[cpu].touched ? ", touched" : "");
}

void pair_print(const struct pair *p, FILE *to)
{
	if (!p->cachep || !p->model)
		return;
	print_real(p, to);
	print_model(p, to);
}
