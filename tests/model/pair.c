// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * pair.c: compares libslab with the model after each operation.
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

/* Compares two numbers, and keeps the first difference. */
#define SAME(p, real, model, ...)                                                       \
	({                                                                              \
		unsigned long long real_ = (real), model_ = (model);                    \
		bool same_ = real_ == model_;                                           \
                                                                                        \
		if (__builtin_expect(!same_, 0)) {                                      \
			char what_[120];                                                \
                                                                                        \
			snprintf(what_, sizeof(what_), __VA_ARGS__);                    \
			wrong(p, "%s: libslab %llu, model %llu", what_, real_, model_); \
		}                                                                       \
		same_;                                                                  \
	})

static void *address(const struct pair *p, object_t object)
{
	return p->first[object_slab(object)] + (size_t)object_index(object) * p->model->layout.size;
}

/* ---- compared after each operation -------------------------------------------------------- */

/*
 * Finds the slab of libslab that corresponds to the new slab of the model. The object is in it;
 * or all its objects are still free, and it is the last free slab.
 */
static bool pair_up(struct pair *p, unsigned slot, const struct both *got)
{
	const struct model_slab *s = &p->model->slab[slot];
	const struct kmem_cache_node *n = get_node(p->cachep, (int)s->node);
	struct slab *slabp = object_slab(got->object) == slot
				     ? virt_to_slab(got->real)
				     : &slab_pages.slab[n->slabs_free.last];

	if (!slabp || slabp->cache != p->cachep)
		return wrong(p, "%p is in no slab of this cache", got->real);
	p->page[slot] = slab_page(slabp);
	p->first[slot] = slab_s_mem(slabp);
	return SAME(p, p->first[slot] - slab_address(slabp),
		    s->colour * p->model->layout.colour_off, "slab %lu: offset of the first object",
		    s->ordinal) &&
	       SAME(p, slabp->node, s->node, "slab %lu: node", s->ordinal) &&
	       SAME(p, slabp->pfmemalloc, s->emergency, "slab %lu: of the reserve", s->ordinal);
}

/* Forgets slabs that the model gave back. One that it made and gave back at once has no pair. */
static bool forget_dead(struct pair *p)
{
	struct model *m = p->model;

	for (unsigned i = 0; i < m->nr_died; i++) {
		p->page[m->died[i]] = 0;
		if (m->grown == m->died[i])
			m->grown = MODEL_NO_SLAB;
	}
	return m->grown != MODEL_NO_SLAB;
}

static bool compare_cpu(struct pair *p, unsigned cpu)
{
	const struct model_cpu *c = &p->model->cpu[cpu];
	const struct slab_cpu *ac = &p->cachep->cpu[cpu];

	return SAME(p, ac->state & SLAB_AVAIL_MASK, c->array.avail, "CPU %u: avail", cpu) &&
	       SAME(p, ac->state >> 16, c->counts.hits, "CPU %u: hits", cpu) &&
	       SAME(p, ac->touched, c->array.touched, "CPU %u: touched", cpu);
}

static bool compare_counts(struct pair *p, unsigned cpu)
{
	static const unsigned origin[MODEL_ORIGINS] = {
		[FROM_SHARED] = SLAB_ORIGIN_SHARED, [FROM_PARTIAL] = SLAB_ORIGIN_PARTIAL,
		[FROM_FREE] = SLAB_ORIGIN_FREE,	    [FROM_GROWN] = SLAB_ORIGIN_GROWN,
		[FROM_REMOTE] = SLAB_ORIGIN_REMOTE, [FROM_NOWHERE] = SLAB_ORIGIN_FAILED,
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
	       SAME(p, real->bypasses, c->bypasses, "CPU %u: bypasses", cpu) &&
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

const char *const pair_list_name[MODEL_LISTS] = {"none", "free", "partial", "full"};

const struct slab_list *pair_real_list(const struct kmem_cache_node *n, enum model_list list)
{
	return list == LIST_FREE      ? &n->slabs_free
	       : list == LIST_PARTIAL ? &n->slabs_partial
				      : &n->slabs_full;
}

/* Compares an array of a node; one without room may be missing. */
static bool compare_array(struct pair *p, const struct array_cache *real,
			  const struct model_array *model, unsigned node, const char *what)
{
	return SAME(p, real ? real->avail : 0, model->avail, "node %u: %s", node, what) &&
	       SAME(p, real ? real->limit : 0, model->limit, "node %u: limit of %s", node, what) &&
	       SAME(p, real ? real->touched : 0, model->touched, "node %u: %s touched", node, what);
}

/* Compares the counts of a node, and the ends of its lists. */
static bool compare_node(struct pair *p, unsigned node)
{
	const struct kmem_cache_node *n = get_node(p->cachep, (int)node);
	const struct model_node *m = &p->model->node[node];

	for (enum model_list list = LIST_FREE; list <= LIST_FULL; list++) {
		const struct slab_list *real = pair_real_list(n, list);
		const struct model_line *line = &m->line[list];
		const char *name = pair_list_name[list];

		if (!SAME(p, real->count, line->count, "node %u: %s slabs", node, name) ||
		    !SAME(p, real->first, p->page[line->first],
			  "node %u: page of the first %s slab", node, name) ||
		    !SAME(p, real->last, p->page[line->last], "node %u: page of the last %s slab",
			  node, name))
			return false;
	}
	for (unsigned home = 0; home < p->model->params.nodes; home++)
		if (!compare_array(p, n->alien[home], &m->alien[home], node, "an alien array"))
			return false;
	return SAME(p, n->free_objects, m->free_objects, "node %u: free objects", node) &&
	       SAME(p, n->free_limit, m->free_limit, "node %u: free limit", node) &&
	       SAME(p, n->free_touched, m->free_touched, "node %u: free_touched", node) &&
	       SAME(p, n->colour_next, m->next_colour, "node %u: next colour", node) &&
	       SAME(p, n->seq, m->events, "node %u: events", node) &&
	       compare_array(p, n->shared, &m->shared, node, "the shared array");
}

static bool compare_stats(struct pair *p)
{
	const struct model_stats *m = &p->model->stats;
	struct kmem_cache_stats real;
	struct model_counts all = {0};

	kmem_cache_get_stats(p->cachep, &real);
	for (unsigned cpu = 0; cpu < p->model->params.cpus; cpu++) {
		const struct model_counts *c = &p->model->cpu[cpu].counts;

		all.hits += c->hits;
		all.refills += c->refills + c->origins[FROM_NOWHERE];
		all.flushes += c->flushes;
		all.free_hits += c->free_hits;
	}
	return SAME(p, real.num_allocations, m->allocations, "num_allocations") &&
	       SAME(p, real.num_active, m->active, "num_active") &&
	       SAME(p, real.high_mark, m->high, "high_mark") &&
	       SAME(p, real.grown, m->grown, "grown") &&
	       SAME(p, real.reaped, m->reaped, "reaped") &&
	       SAME(p, real.errors, m->errors, "errors") &&
	       SAME(p, real.max_freeable, m->max_freeable, "max_freeable") &&
	       SAME(p, real.node_allocs, m->node_allocs, "node_allocs") &&
	       SAME(p, real.node_frees, m->node_frees, "node_frees") &&
	       SAME(p, real.node_overflow, m->node_overflow, "node_overflow") &&
	       SAME(p, real.allochit, all.hits, "allochit") &&
	       SAME(p, real.allocmiss, all.refills, "allocmiss") &&
	       SAME(p, real.freehit, all.free_hits, "freehit") &&
	       SAME(p, real.freemiss, all.flushes, "freemiss");
}

static bool compare_gauges(struct pair *p)
{
	const struct slab_registry_gauges *g = p->cachep->gauges;
	unsigned long slabs[MODEL_LISTS] = {0}, free_objects = 0, shared = 0;

	for (unsigned node = 0; node < p->model->params.nodes; node++) {
		const struct model_node *n = &p->model->node[node];

		for (enum model_list list = LIST_FREE; list <= LIST_FULL; list++)
			slabs[list] += n->line[list].count;
		free_objects += n->free_objects;
		shared += n->shared.avail;
		for (unsigned home = 0; home < p->model->params.nodes; home++)
			shared += n->alien[home].avail;
	}
	return SAME(p, g->slabs_full, slabs[LIST_FULL], "gauge of full slabs") &&
	       SAME(p, g->slabs_partial, slabs[LIST_PARTIAL], "gauge of partial slabs") &&
	       SAME(p, g->slabs_free, slabs[LIST_FREE], "gauge of free slabs") &&
	       SAME(p, g->free_objects, free_objects, "gauge of free objects") &&
	       SAME(p, g->shared_avail, shared, "gauge of shared and alien arrays");
}

/* Compares after an operation on a CPU. */
static bool compare_step(struct pair *p, unsigned cpu)
{
	struct model *m = p->model;

	forget_dead(p);
	if (!compare_cpu(p, cpu))
		return false;
	if (!m->slow)
		return true;
	for (unsigned node = 0; node < m->params.nodes; node++)
		if (!compare_node(p, node))
			return false;
	return compare_counts(p, cpu) && compare_gauges(p);
}

/* ---- operations --------------------------------------------------------------------------- */

bool pair_alloc(struct pair *p, unsigned cpu, int node, bool emergency, struct both *got)
{
	bool given = model_alloc(p->model, cpu, node, emergency, &got->object);

	got->real =
		slab_virtual_alloc_node(p->cachep, emergency ? SLAB_MEMALLOC : 0, (int)cpu, node);
	if (!got->real != !given)
		return wrong(p, "libslab gave %p, the model %s", got->real,
			     given ? "an object" : "NULL");
	if (!given)
		return compare_step(p, cpu);
	if (forget_dead(p) && !pair_up(p, p->model->grown, got))
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

/* Compares after an operation on the whole cache. */
static bool compare_after(struct pair *p)
{
	return compare_step(p, 0) && pair_compare(p);
}

bool pair_shrink(struct pair *p)
{
	unsigned given = model_shrink(p->model);

	return SAME(p, kmem_cache_shrink(p->cachep), given, "slabs that shrinking gave") &&
	       compare_after(p);
}

bool pair_reap(struct pair *p)
{
	unsigned drained = model_reap(p->model);

	return SAME(p, slab_virtual_reap(p->cachep), drained, "objects that ageing drained") &&
	       compare_after(p);
}

bool pair_tune(struct pair *p, unsigned limit, unsigned batchcount, unsigned sharedfactor)
{
	bool sensible = model_tune(p->model, limit, batchcount, sharedfactor);
	int err = kmem_cache_tune(p->cachep, limit, batchcount, sharedfactor);

	return SAME(p, err == 0, sensible, "tuning to %u, %u, %u", limit, batchcount,
		    sharedfactor) &&
	       compare_after(p);
}

/* ---- everything --------------------------------------------------------------------------- */

/* Compares the free objects of a slab, in the order in which the slab gives them. */
static bool compare_slab(struct pair *p, unsigned slot)
{
	const struct model_slab *s = &p->model->slab[slot];
	struct slab *slabp = &slab_pages.slab[p->page[slot]];
	uint16_t index[SLAB_OBJECTS_MAX];
	unsigned nr = slab_free_indices(p->cachep, slabp, index);

	if (!SAME(p, slabp->active, p->model->layout.num - s->nr_free, "slab %lu: active",
		  s->ordinal) ||
	    !SAME(p, nr, s->nr_free, "slab %lu: free objects", s->ordinal))
		return false;
	for (unsigned i = 0; i < nr; i++)
		if (!SAME(p, index[i], s->free[nr - 1 - i], "slab %lu: free object %u", s->ordinal,
			  i))
			return false;
	return true;
}

static bool compare_list(struct pair *p, unsigned node, enum model_list list)
{
	const struct slab_list *real = pair_real_list(get_node(p->cachep, (int)node), list);
	unsigned slot = p->model->node[node].line[list].first, at = 0;
	uint32_t before = 0, page = real->first;

	for (; page && slot; slot = p->model->slab[slot].behind, at++) {
		if (!SAME(p, page, p->page[slot], "node %u: page of %s slab %u", node,
			  pair_list_name[list], at) ||
		    !SAME(p, slab_pages.slab[page].prev, before, "page before %u", page) ||
		    !compare_slab(p, slot))
			return false;
		before = page;
		page = slab_pages.slab[page].next;
	}
	return SAME(p, page, p->page[slot], "node %u: page behind the %s slabs", node,
		    pair_list_name[list]);
}

static bool compare_entries(struct pair *p, void *const *real, const struct model_array *model,
			    const char *what, unsigned which)
{
	for (unsigned i = 0; i < model->avail; i++)
		if (real[i] != address(p, model->entry[i]))
			return wrong(p, "%s %u: entry %u: libslab has %p, the model %p", what,
				     which, i, real[i], address(p, model->entry[i]));
	return true;
}

static bool compare_whole_node(struct pair *p, unsigned node)
{
	const struct kmem_cache_node *n = get_node(p->cachep, (int)node);
	const struct model_node *m = &p->model->node[node];

	if (!compare_node(p, node) || !compare_entries(p, n->shared ? n->shared->entry : NULL,
						       &m->shared, "shared array of node", node))
		return false;
	for (unsigned home = 0; home < p->model->params.nodes; home++)
		if (!compare_entries(p, n->alien[home] ? n->alien[home]->entry : NULL,
				     &m->alien[home], "alien array of node", node))
			return false;
	for (enum model_list list = LIST_FREE; list <= LIST_FULL; list++)
		if (!compare_list(p, node, list))
			return false;
	return true;
}

bool pair_compare(struct pair *p)
{
	const struct model *m = p->model;

	for (unsigned cpu = 0; cpu < m->params.cpus; cpu++)
		if (!compare_cpu(p, cpu) || !compare_counts(p, cpu) ||
		    !compare_entries(p, p->cachep->cpu[cpu].entry, &m->cpu[cpu].array, "CPU", cpu))
			return false;
	for (unsigned node = 0; node < m->params.nodes; node++)
		if (!compare_whole_node(p, node))
			return false;
	return compare_gauges(p) && compare_stats(p);
}

/* ---- a pair comes and goes ---------------------------------------------------------------- */

bool pair_create(struct pair *p, const struct model_params *params, void (*ctor)(void *))
{
	unsigned flags =
		(params->chained ? SLAB_BUFCTL : 0) | (params->where == ON_SLAB	   ? SLAB_ON_SLAB
						       : params->where == OFF_SLAB ? SLAB_OFF_SLAB
										   : 0);
	struct slab_topology t = {.cpus = params->cpus,
				  .nodes = params->nodes,
				  .limit = params->limit,
				  .batchcount = params->batchcount,
				  .sharedfactor = params->sharedfactor};
	const struct model_layout *l;

	*p = (struct pair){.model = model_create(params)};
	p->page = calloc(params->slabs + 1, sizeof(*p->page));
	p->first = calloc(params->slabs + 1, sizeof(*p->first));
	p->cachep =
		slab_virtual_create("model", params->object_size, params->align, flags, ctor, &t);
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
