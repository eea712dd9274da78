// SPDX-License-Identifier: MIT
/*
 * check.c: walks a cache and checks its invariants. It marks every object that it finds, so that it
 * notices an object in two places or in none.
 */
#include "check.h"

#include <stdarg.h>
#include <string.h>

#include "node.h"
#include "percpu.h"

struct walk {
	struct kmem_cache *cachep;
	struct slab_check *to;
	unsigned char **mark; /* by page number of the slab: one byte an object */
};

static __attribute__((format(printf, 2, 3))) void wrong(struct walk *w, const char *format, ...)
{
	va_list args;

	if (!w->to->errors++) {
		va_start(args, format);
		vsnprintf(w->to->error, sizeof(w->to->error), format, args);
		va_end(args);
	}
}

static void mark(struct walk *w, const void *objp, const char *where)
{
	struct slab *slabp = virt_to_slab(objp);

	if (!slabp || slabp->cache != w->cachep || !w->mark[slab_page(slabp)])
		wrong(w, "%s holds %p, which is in no slab of this cache", where, objp);
	else if (!slab_is_object(w->cachep, slabp, objp))
		wrong(w, "%s holds %p, which is inside an object", where, objp);
	else if (w->mark[slab_page(slabp)][obj_to_index(w->cachep, slabp, objp)]++)
		wrong(w, "%s holds %p, which is also elsewhere", where, objp);
}

static void walk_slab(struct walk *w, struct slab *slabp, unsigned list)
{
	struct kmem_cache *cachep = w->cachep;
	uint16_t index[SLAB_OBJECTS_MAX];
	const char *error;
	unsigned nr, right;

	right = slabp->active == cachep->num ? SLAB_LIST_FULL
		: slabp->active		     ? SLAB_LIST_PARTIAL
					     : SLAB_LIST_FREE;

	if (slabp->cache != cachep || slabp->active > cachep->num) {
		wrong(w, "slab %u is of another cache, or has %u of %u objects active",
		      slab_page(slabp), slabp->active, cachep->num);
		return;
	}
	if (slabp->list != list || list != right)
		wrong(w, "slab %u with %u of %u active is on list %u and says %u", slab_page(slabp),
		      slabp->active, cachep->num, list, slabp->list);
	w->to->objects += cachep->num;
	w->to->in_slabs += cachep->num - slabp->active;
	w->mark[slab_page(slabp)] = calloc(1, cachep->num);
	if (!w->mark[slab_page(slabp)])
		wrong(w, "no memory to check with");
	error = slab_management_error(cachep, slabp);
	if (error)
		wrong(w, "slab %u: %s", slab_page(slabp), error);
	nr = slab_free_indices(cachep, slabp, index);
	for (unsigned i = 0; i < nr; i++)
		mark(w, index_to_obj(cachep, slabp, index[i]), "a freelist");
}

static unsigned long walk_list(struct walk *w, const struct slab_list *list, unsigned kind)
{
	unsigned long nr = 0;
	uint32_t before = 0;

	for (uint32_t page = list->first; page; page = slab_pages.slab[page].next) {
		if (slab_pages.slab[page].prev != before || nr++ > list->count) {
			wrong(w, "list %u is broken at slab %u", kind, page);
			break;
		}
		walk_slab(w, &slab_pages.slab[page], kind);
		before = page;
	}
	if (nr != list->count || list->last != before)
		wrong(w, "list %u counts %u slabs and holds %lu", kind, list->count, nr);
	return nr;
}

static void walk_node(struct walk *w, struct kmem_cache_node *n)
{
	unsigned long before = w->to->in_slabs;

	w->to->slabs_full += walk_list(w, &n->slabs_full, SLAB_LIST_FULL);
	w->to->slabs_partial += walk_list(w, &n->slabs_partial, SLAB_LIST_PARTIAL);
	w->to->slabs_free += walk_list(w, &n->slabs_free, SLAB_LIST_FREE);
	if (w->to->in_slabs - before != n->free_objects)
		wrong(w, "free_objects is %lu, the slabs have %lu", n->free_objects,
		      w->to->in_slabs - before);
}

/*
 * Walks the arrays of a node, after the slabs of all nodes: alien arrays hold objects of other
 * nodes.
 */
static void walk_arrays(struct walk *w, struct kmem_cache_node *n)
{
	for (unsigned other = 0; other < w->cachep->nr_nodes; other++) {
		struct array_cache *alien = n->alien[other];

		for (unsigned i = 0; alien && i < alien->avail; i++) {
			mark(w, alien->entry[i], "an alien array");
			if (virt_to_slab(alien->entry[i])->node != other)
				wrong(w, "an alien array holds another node's object");
		}
		w->to->in_shared += alien ? alien->avail : 0;
	}
	if (!n->shared)
		return;
	if (n->shared->avail > n->shared->limit)
		wrong(w, "the shared array has %u of %u", n->shared->avail, n->shared->limit);
	w->to->in_shared += n->shared->avail;
	for (unsigned i = 0; i < n->shared->avail; i++)
		mark(w, n->shared->entry[i], "the shared array");
}

static void walk_cpu(struct walk *w, unsigned cpu)
{
	struct slab_cpu *ac = &w->cachep->cpu[cpu];
	unsigned avail = percpu_avail(w->cachep, (int)cpu);

	if (avail > w->cachep->limit)
		wrong(w, "CPU %u has %u objects, its limit is %u", cpu, avail, w->cachep->limit);
	w->to->in_arrays += avail;
	for (unsigned i = 0; i < avail; i++)
		mark(w, ac->entry[i], "a CPU's array");
}

/* Returns how many objects are out by the counters. */
static uint64_t counted_out(struct kmem_cache *cachep)
{
	uint64_t out = 0;

	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++) {
		struct slab_cpu_counters *c = cpu_counters(cachep, (int)cpu);
		uint64_t hits = percpu_hits(cachep, (int)cpu);

		out += hits + c->refills + c->bypasses; /* allocs */
		out -= c->slow_frees + percpu_avail(cachep, (int)cpu) + hits + c->taken - c->pushed;
	}
	return out;
}

static void compare_gauges(struct walk *w)
{
	const struct slab_registry_gauges *g = w->cachep->gauges;
	const struct slab_check *to = w->to;

	if (g->slabs_full != to->slabs_full || g->slabs_partial != to->slabs_partial ||
	    g->slabs_free != to->slabs_free || g->free_objects != to->in_slabs ||
	    g->shared_avail != to->in_shared)
		wrong(w, "the registry's gauges differ from the lists");
}

unsigned long slab_check(struct kmem_cache *cachep, void *const *live, size_t nr_live,
			 struct slab_check *to)
{
	struct walk w = {.cachep = cachep, .to = to};

	*to = (struct slab_check){0};
	w.mark = calloc(slab_pages.nr, sizeof(*w.mark));
	if (!w.mark) {
		wrong(&w, "no memory to check with");
		return to->errors;
	}
	for (unsigned node = 0; node < cachep->nr_nodes; node++)
		walk_node(&w, get_node(cachep, (int)node));
	for (unsigned node = 0; node < cachep->nr_nodes; node++)
		walk_arrays(&w, get_node(cachep, (int)node));
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		walk_cpu(&w, cpu);
	to->out = to->objects - to->in_slabs - to->in_shared - to->in_arrays;
	for (size_t i = 0; live && i < nr_live; i++)
		mark(&w, live[i], "the caller");
	if (live && to->out != nr_live)
		wrong(&w, "%lu objects are out, the caller has %zu", to->out, nr_live);
	if (counted_out(cachep) != to->out)
		wrong(&w, "%lu objects are out, the counters say %lld", to->out,
		      (long long)counted_out(cachep));
	compare_gauges(&w);
	for (uint32_t page = 0; page < slab_pages.nr; page++)
		free(w.mark[page]);
	free(w.mark);
	return to->errors;
}
