/* SPDX-License-Identifier: MIT */
/*
 * node.c: the lists of slabs. A slab changes list in slab_move() and nowhere else, so that what the
 * gauges, the counters and the probe say cannot differ from what the lists hold.
 */
#include "node.h"

#include <errno.h>
#include <string.h>

#include "freelist.h"

static void list_add(struct slab_list *list, struct slab *slabp, bool to_tail)
{
	uint32_t page = slab_page(slabp);

	slabp->next = to_tail ? 0 : list->first;
	slabp->prev = to_tail ? list->last : 0;
	if (slabp->next)
		slab_pages.slab[slabp->next].prev = page;
	else
		list->last = page;
	if (slabp->prev)
		slab_pages.slab[slabp->prev].next = page;
	else
		list->first = page;
	list->count++;
}

static void list_del(struct slab_list *list, struct slab *slabp)
{
	if (slabp->next)
		slab_pages.slab[slabp->next].prev = slabp->prev;
	else
		list->last = slabp->prev;
	if (slabp->prev)
		slab_pages.slab[slabp->prev].next = slabp->next;
	else
		list->first = slabp->next;
	list->count--;
}

static struct slab_list *node_list(struct kmem_cache_node *n, unsigned list)
{
	return list == SLAB_LIST_FREE	   ? &n->slabs_free
	       : list == SLAB_LIST_PARTIAL ? &n->slabs_partial
	       : list == SLAB_LIST_FULL	   ? &n->slabs_full
					   : NULL;
}

static void gauge_list(struct kmem_cache *cachep, unsigned list, int64_t by)
{
	struct slab_registry_gauges *g = cachep->gauges;
	uint64_t *gauge = list == SLAB_LIST_FREE      ? &g->slabs_free
			  : list == SLAB_LIST_PARTIAL ? &g->slabs_partial
			  : list == SLAB_LIST_FULL    ? &g->slabs_full
						      : NULL;
	if (gauge)
		stats_add(cachep, gauge, (uint64_t)by);
}

/* The one place where a slab changes list; NONE stands for "not this node's". */
static void slab_move(const struct step *s, struct kmem_cache_node *n, struct slab *slabp,
		      unsigned to, bool to_tail)
{
	unsigned from = slabp->list;

	if (from != SLAB_LIST_NONE)
		list_del(node_list(n, from), slabp);
	slabp->list = (uint8_t)to;
	if (to != SLAB_LIST_NONE)
		list_add(node_list(n, to), slabp, to_tail);
	if (from == to)
		return;
	gauge_list(s->cachep, from, -1);
	gauge_list(s->cachep, to, 1);
	stats_add(s->cachep, &cpu_counters(s->cachep, s->cpu)->list_moves, 1);
	note_list_move(s->notes, slab_page(slabp), from, to, slabp->active, n->seq++);
}

static void add_free_objects(const struct step *s, struct kmem_cache_node *n, long by)
{
	n->free_objects += (unsigned long)by;
	stats_add(s->cachep, &s->cachep->gauges->free_objects, (uint64_t)by);
}

unsigned transfer_objects(struct array_cache *to, struct array_cache *from, unsigned max)
{
	unsigned nr = from->avail < max ? from->avail : max;

	if (nr > to->limit - to->avail)
		nr = to->limit - to->avail;
	if (!nr)
		return 0;
	memcpy(to->entry + to->avail, from->entry + from->avail - nr, nr * sizeof(void *));
	from->avail -= nr;
	to->avail += nr;
	return nr;
}

struct slab *get_first_slab(struct kmem_cache_node *n, bool *was_free)
{
	uint32_t page = n->slabs_partial.first;

	*was_free = false;
	if (!page) {
		n->free_touched = true;
		page = n->slabs_free.first;
		*was_free = true;
	}
	return page ? &slab_pages.slab[page] : NULL;
}

void fixup_slab_list(const struct step *s, struct kmem_cache_node *n, struct slab *slabp,
		     bool to_tail)
{
	unsigned to = slabp->active == s->cachep->num ? SLAB_LIST_FULL
		      : slabp->active		      ? SLAB_LIST_PARTIAL
						      : SLAB_LIST_FREE;

	slab_move(s, n, slabp, to, to_tail);
}

void free_block(const struct step *s, struct kmem_cache_node *n, void **objpp, unsigned nr,
		uint32_t *destroy)
{
	struct kmem_cache *cachep = s->cachep;

	for (unsigned i = 0; i < nr;) {
		struct slab *slabp = virt_to_slab(objpp[i]);
		unsigned put;

		BUG_ON(!slabp || slabp->cache != cachep);
		/*
		 * A partial slab goes to the end of its list, so that its other objects have the most
		 * time to come back too. With the first object it gets there, with the others it
		 * stays there, with its last it leaves: that is all that object by object would do.
		 */
		slab_put_obj(cachep, slabp, objpp[i]);
		put = 1;
		fixup_slab_list(s, n, slabp, slabp->active != 0);
		if (slabp->active) {
			put += slab_put_objs(cachep, slabp, objpp + i + 1, nr - i - 1);
			if (!slabp->active)
				fixup_slab_list(s, n, slabp, false);
		}
		check_slabp(cachep, slabp);
		i += put;
	}
	add_free_objects(s, n, nr);
	if (n->free_objects > n->free_limit)
		node_drain_free(s, n,
				(unsigned)((n->free_objects - n->free_limit + cachep->num - 1) /
					   cachep->num),
				destroy);
}

unsigned node_drain_free(const struct step *s, struct kmem_cache_node *n, unsigned max,
			 uint32_t *destroy)
{
	unsigned taken = 0;

	while (taken < max && n->slabs_free.last) {
		struct slab *slabp = &slab_pages.slab[n->slabs_free.last];

		slab_move(s, n, slabp, SLAB_LIST_NONE, false);
		add_free_objects(s, n, -(long)s->cachep->num);
		note_slab_destroy(s->notes, slab_page(slabp), n->seq++);
		slabp->next = *destroy;
		*destroy = slab_page(slabp);
		taken++;
	}
	stats_add(s->cachep, &cpu_counters(s->cachep, s->cpu)->slab_frees, taken);
	return taken;
}

void node_add_slab(const struct step *s, struct kmem_cache_node *n, struct slab *slabp)
{
	slab_move(s, n, slabp, SLAB_LIST_FREE, true);
	add_free_objects(s, n, s->cachep->num);
}

void node_take_objects(const struct step *s, struct kmem_cache_node *n, unsigned nr)
{
	add_free_objects(s, n, -(long)nr);
}

void slabs_destroy(const struct step *s, uint32_t destroy)
{
	while (destroy) {
		struct slab *slabp = &slab_pages.slab[destroy];

		destroy = slabp->next;
		if (s->cachep->off_slab)
			freelist_free(s->cachep, slabp->freelist);
		slabp->cache = NULL;
		pages_free(slabp, s->cachep->order);
	}
}

static size_t shared_bytes(unsigned limit)
{
	return sizeof(struct array_cache) + limit * sizeof(void *);
}

static void free_shared(struct kmem_cache_node *n)
{
	if (n->shared)
		pages_unmap(n->shared, shared_bytes(n->shared->limit));
	n->shared = NULL;
}

int node_tune(struct kmem_cache *cachep, int node)
{
	struct kmem_cache_node *n = get_node(cachep, node);
	unsigned cpus = 0, limit = cachep->shared * cachep->batchcount;
	struct array_cache *shared = NULL;

	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		cpus += numa_mem_id(cachep, (int)cpu) == node;
	if (limit) {
		shared = pages_map(shared_bytes(limit));
		if (!shared)
			return -ENOMEM;
		shared->limit = limit;
		shared->batchcount = cachep->batchcount;
	}
	BUG_ON(n->shared && n->shared->avail);
	free_shared(n);
	n->shared = shared;
	n->free_limit = (1 + cpus) * (unsigned long)cachep->batchcount + cachep->num;
	return 0;
}

int node_init(struct kmem_cache *cachep, int node)
{
	struct kmem_cache_node *n = get_node(cachep, node);
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(&n->list_lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return node_tune(cachep, node);
}

void node_destroy(struct kmem_cache *cachep, int node)
{
	struct kmem_cache_node *n = get_node(cachep, node);

	free_shared(n);
	pthread_mutex_destroy(&n->list_lock);
}
