// SPDX-License-Identifier: MIT
/*
 * node.c: the lists of slabs. Only slab_move() changes the list of a slab, so that gauges,
 * counters and probe always agree with the lists.
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
	return &n->list[list - 1];
}
_Static_assert(SLAB_LIST_FREE == 1 && SLAB_LIST_PARTIAL == 2 && SLAB_LIST_FULL == 3,
	       "the order of the lists in a node");

/* Returns the gauge of a list. The gauges are in the opposite order. */
static uint64_t *list_gauge(struct kmem_cache *cachep, unsigned list)
{
	return &cachep->gauges->slabs_full + (SLAB_LIST_FULL - list);
}
_Static_assert(offsetof(struct slab_registry_gauges, slabs_full) == 0 &&
		       offsetof(struct slab_registry_gauges, slabs_partial) == 8 &&
		       offsetof(struct slab_registry_gauges, slabs_free) == 16,
	       "the order of the gauges");

/*
 * Moves a slab to a list; NONE means that it joins or leaves the node. inuse is how many objects
 * were out at that moment: several may be back since.
 */
static void slab_move(const struct step *s, struct kmem_cache_node *n, struct slab *slabp,
		      unsigned to, bool to_tail, unsigned inuse)
{
	struct kmem_cache *cachep = s->cachep;
	unsigned from = slabp->list;

	check_spinlock_acquired(n);
	if (from == to &&
	    slab_page(slabp) == (to_tail ? node_list(n, to)->last : node_list(n, to)->first))
		return;
	if (from != SLAB_LIST_NONE)
		list_del(node_list(n, from), slabp);
	if (to != SLAB_LIST_NONE)
		list_add(node_list(n, to), slabp, to_tail);
	if (from == to)
		return;
	__atomic_store_n(&slabp->list, (uint8_t)to, __ATOMIC_RELAXED);
	if (from != SLAB_LIST_NONE)
		stats_add(cachep, list_gauge(cachep, from), (uint64_t)-1);
	if (to != SLAB_LIST_NONE)
		stats_add(cachep, list_gauge(cachep, to), 1);
	stats_add(cachep, &cpu_counters(cachep, s->cpu)->list_moves, 1);
	note_list_move(s->notes, s->node, slab_page(slabp), from, to, inuse, n->seq++);
}

static void add_free_objects(const struct step *s, struct kmem_cache_node *n, long by)
{
	n->free_objects += (unsigned long)by;
	stats_add(s->cachep, &s->cachep->gauges->free_objects, (uint64_t)by);
}

unsigned array_take_oldest(struct array_cache *to, struct array_cache *from, unsigned max)
{
	unsigned nr = from->avail < max ? from->avail : max;

	if (nr > to->limit - to->avail)
		nr = to->limit - to->avail;
	if (!nr)
		return 0;
	memcpy(to->entry + to->avail, from->entry, nr * sizeof(void *));
	from->avail -= nr;
	memmove(from->entry, from->entry + nr, from->avail * sizeof(void *));
	to->avail += nr;
	return nr;
}

/* Returns the first slab of a list that the step may use, or NULL. */
static struct slab *usable_slab(const struct step *s, const struct slab_list *list)
{
	uint32_t page = list->first;

	if (unlikely(tunable(&s->cachep->pfmemalloc_slabs)) && !(s->flags & SLAB_MEMALLOC))
		while (page && slab_pages.slab[page].pfmemalloc)
			page = slab_pages.slab[page].next;
	return page ? &slab_pages.slab[page] : NULL;
}

struct slab *get_first_slab(const struct step *s, struct kmem_cache_node *n, bool *was_free)
{
	struct slab *slabp = usable_slab(s, &n->slabs_partial);

	*was_free = !slabp;
	if (!slabp) {
		n->free_touched = true;
		slabp = usable_slab(s, &n->slabs_free);
	}
	return slabp;
}

bool node_has_objects(const struct step *s, struct kmem_cache_node *n)
{
	bool has;

	node_lock(n);
	has = usable_slab(s, &n->slabs_partial) || usable_slab(s, &n->slabs_free) ||
	      (n->shared && n->shared->avail && !tunable(&s->cachep->pfmemalloc_slabs));
	node_unlock(n);
	return has;
}

void *node_alloc_one(const struct step *s)
{
	struct kmem_cache_node *n = get_node(s->cachep, s->node);
	void *objp = NULL;
	struct slab *slabp;
	bool was_free;

	node_lock(n);
	slabp = get_first_slab(s, n, &was_free);
	if (slabp) {
		objp = slab_get_obj(s->cachep, slabp);
		fixup_slab_list(s, n, slabp, false);
		node_take_objects(s, n, 1);
	}
	node_unlock(n);
	return objp;
}

void fixup_slab_list(const struct step *s, struct kmem_cache_node *n, struct slab *slabp,
		     bool to_tail)
{
	unsigned to = slabp->active == s->cachep->num ? SLAB_LIST_FULL
		      : slabp->active		      ? SLAB_LIST_PARTIAL
						      : SLAB_LIST_FREE;

	slab_move(s, n, slabp, to, to_tail, slabp->active);
}

void free_block(const struct step *s, struct kmem_cache_node *n, void **objpp, unsigned nr,
		uint32_t *destroy)
{
	struct kmem_cache *cachep = s->cachep;

	for (unsigned i = 0; i < nr;) {
		struct slab *slabp = virt_to_slab(objpp[i]);
		unsigned active, put;

		BUG_ON(!slabp || slabp->cache != cachep || slabp->node != s->node);
		active = slabp->active;
		put = slab_put_objs(cachep, slabp, objpp + i, nr - i);
		BUG_ON(!put);
		/*
		 * A partial slab moves to the end of its list, so that its other objects have the
		 * most time to come back too. The objects after the first leave it there; the
		 * last one makes it free. So these two moves equal those of one object at a time.
		 */
		if (active > 1)
			slab_move(s, n, slabp, SLAB_LIST_PARTIAL, true, active - 1);
		if (!slabp->active)
			slab_move(s, n, slabp, SLAB_LIST_FREE, false, 0);
		check_slabp(cachep, slabp);
		i += put;
	}
	add_free_objects(s, n, nr);
	stats_add(cachep, &cachep->stats.num_active, -(uint64_t)nr);
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

		slab_move(s, n, slabp, SLAB_LIST_NONE, false, 0);
		add_free_objects(s, n, -(long)s->cachep->num);
		note_slab_destroy(s->notes, s->node, slab_page(slabp), n->seq++);
		slabp->next = *destroy;
		*destroy = slab_page(slabp);
		taken++;
	}
	stats_add(s->cachep, &cpu_counters(s->cachep, s->cpu)->slab_frees, taken);
	return taken;
}

void node_add_slab(const struct step *s, struct kmem_cache_node *n, struct slab *slabp)
{
	slab_move(s, n, slabp, SLAB_LIST_FREE, true, 0);
	add_free_objects(s, n, s->cachep->num);
}

void node_take_objects(const struct step *s, struct kmem_cache_node *n, unsigned nr)
{
	struct kmem_cache_stats *stats = &s->cachep->stats;

	add_free_objects(s, n, -(long)nr);
	STATS_INC_ALLOCED(s->cachep, nr);
	STATS_INC_ACTIVE(s->cachep, nr);
	STATS_SET_HIGH(stats);
}

/* Counts a transfer of nr objects, after the shared array changed by `by`. */
static void count_transfer(const struct step *s, unsigned nr, uint64_t by)
{
	struct slab_cpu_counters *c = cpu_counters(s->cachep, s->cpu);

	stats_add(s->cachep, &s->cachep->gauges->shared_avail, by);
	stats_add(s->cachep, &c->transfers, 1);
	stats_add(s->cachep, &c->transferred, nr);
}

void take_from_shared(const struct step *s, struct kmem_cache_node *n, unsigned nr)
{
	n->shared->avail -= nr;
	n->shared->touched = 1;
	count_transfer(s, nr, -(uint64_t)nr);
	note_transfer(s->notes, s->node, nr, SLAB_FROM_SHARED, n->seq++);
}

unsigned put_to_shared(const struct step *s, struct kmem_cache_node *n, void **objpp, unsigned nr)
{
	struct array_cache *shared = n->shared;
	unsigned room = shared ? shared->limit - shared->avail : 0;

	if (nr > room)
		nr = room;
	if (!nr)
		return 0;
	if (objpp)
		memcpy(shared->entry + shared->avail, objpp, nr * sizeof(void *));
	shared->avail += nr;
	count_transfer(s, nr, nr);
	note_transfer(s->notes, s->node, nr, SLAB_TO_SHARED, n->seq++);
	return nr;
}

void slab_release(struct kmem_cache *cachep, struct slab *slabp)
{
	if (unlikely(slabp->pfmemalloc)) {
		slabp->pfmemalloc = 0;
		__atomic_fetch_sub(&cachep->pfmemalloc_slabs, 1, __ATOMIC_RELAXED);
	}
	slabp->cache = NULL;
	pages_free(slabp, cachep->order);
}

void slabs_destroy(const struct step *s, uint32_t destroy)
{
	while (destroy) {
		struct slab *slabp = &slab_pages.slab[destroy];

		destroy = slabp->next;
		if (s->cachep->off_slab)
			freelist_free(s->cachep, slabp->freelist);
		slab_release(s->cachep, slabp);
	}
}

static size_t array_bytes(unsigned limit)
{
	return sizeof(struct array_cache) + (limit + RSEQ_COPY_SLACK) * sizeof(void *);
}

static struct array_cache *array_make(unsigned limit, unsigned batchcount)
{
	struct array_cache *ac = pages_map(array_bytes(limit));

	if (ac)
		*ac = (struct array_cache){.limit = limit, .batchcount = batchcount};
	return ac;
}

static void array_free(struct array_cache *ac)
{
	if (ac)
		pages_unmap(ac, array_bytes(ac->limit));
}

void node_unplan(struct node_plan *plan)
{
	array_free(plan->shared);
	for (unsigned other = 0; other < SLAB_NODES_MAX; other++)
		array_free(plan->alien[other]);
	*plan = (struct node_plan){0}; /* so that twice does no harm */
}

int node_plan(const struct kmem_cache *cachep, int node, unsigned limit, unsigned batchcount,
	      unsigned sharedfactor, struct node_plan *plan)
{
	bool complete = true;

	*plan = (struct node_plan){0};
	if (sharedfactor) {
		plan->shared = array_make(sharedfactor * batchcount, batchcount);
		complete = plan->shared;
	}
	for (unsigned other = 0; other < cachep->nr_nodes && complete; other++)
		if (other != (unsigned)node) {
			plan->alien[other] = array_make(limit, batchcount);
			complete = plan->alien[other];
		}
	if (!complete)
		node_unplan(plan);
	return complete ? 0 : -ENOMEM;
}

static void swap_arrays(struct array_cache **a, struct array_cache **b)
{
	struct array_cache *was = *a;

	*a = *b;
	*b = was;
	BUG_ON(was && was->avail);
}

void node_adopt(struct kmem_cache *cachep, int node, struct node_plan *plan)
{
	struct kmem_cache_node *n = get_node(cachep, node);
	unsigned cpus = 0;

	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		cpus += numa_mem_id(cachep, (int)cpu) == node;
	swap_arrays(&n->shared, &plan->shared);
	for (unsigned other = 0; other < cachep->nr_nodes; other++)
		swap_arrays(&n->alien[other], &plan->alien[other]);
	n->free_limit = (1 + cpus) * (unsigned long)cachep->batchcount + cachep->num;
}

int node_init(struct kmem_cache *cachep, int node)
{
	struct node_plan plan;
	int err;

	err = node_plan(cachep, node, cachep->limit, cachep->batchcount, cachep->shared, &plan);
	if (!err)
		node_adopt(cachep, node, &plan);
	return err;
}

void node_destroy(struct kmem_cache *cachep, int node)
{
	struct kmem_cache_node *n = get_node(cachep, node);

	array_free(n->shared);
	for (unsigned other = 0; other < cachep->nr_nodes; other++)
		array_free(n->alien[other]);
}
