// SPDX-License-Identifier: MIT
/*
 * alien.c: the alien arrays. The lock of the node that frees protects them. An array is copied
 * before its objects move on, so that no thread ever holds the locks of two nodes.
 */
#include "alien.h"

#include <string.h>

#include "scratch.h"

/*
 * Moves up to max objects of an alien array to objpp, with the lock held. Returns how many. The
 * gauge of the shared arrays counts aliens too.
 */
static unsigned take_aliens(const struct step *s, struct array_cache *alien, void **objpp,
			    unsigned max)
{
	unsigned nr = alien->avail < max ? alien->avail : max;

	if (nr) {
		memcpy(objpp, alien->entry, nr * sizeof(void *));
		alien->avail -= nr;
		memmove(alien->entry, alien->entry + nr, alien->avail * sizeof(void *));
		stats_add(s->cachep, &s->cachep->gauges->shared_avail, -(uint64_t)nr);
	}
	return nr;
}

/*
 * Gives objects to their own node: to its shared array, which serves refills first, then to slabs.
 */
static void give_to_node(const struct step *s, int node, void **objpp, unsigned nr)
{
	struct step on = step_on_node(s, node);
	struct kmem_cache_node *n = get_node(s->cachep, node);
	uint32_t destroy = 0;
	unsigned shared;

	node_lock(n);
	shared = put_to_shared(&on, n, objpp, nr);
	free_block(&on, n, objpp + shared, nr - shared, &destroy);
	node_unlock(n);
	slabs_destroy(&on, destroy);
}

/* Empties the alien array of a node. Returns how many objects it held. */
static __attribute__((noinline)) unsigned drain_alien(const struct step *s, int node)
{
	struct kmem_cache_node *n = get_node(s->cachep, s->node);
	unsigned drained = 0, nr;
	struct array_cache *ac;
	struct batch b;

	node_lock(n);
	nr = n->alien[node]->avail;
	node_unlock(n);
	if (!nr)
		return 0;
	ac = batch_begin(&b, s->cpu, nr);
	do {
		node_lock(n);
		nr = take_aliens(s, n->alien[node], ac->entry, ac->limit);
		node_unlock(n);
		if (nr)
			give_to_node(s, node, ac->entry, nr);
		drained += nr;
	} while (nr == ac->limit);
	batch_end(&b);
	return drained;
}

void cache_free_alien(const struct step *s, void *objp)
{
	struct kmem_cache *cachep = s->cachep;
	struct kmem_cache_node *n = get_node(cachep, s->node);
	int node = virt_to_slab(objp)->node;
	struct array_cache *alien;

	node_lock(n);
	stats_add(cachep, &cachep->stats.node_frees, 1);
	/* Other threads may fill or replace it meanwhile. */
	for (;;) {
		alien = n->alien[node];
		if (alien->avail < alien->limit)
			break;
		stats_add(cachep, &cachep->stats.node_overflow, 1);
		node_unlock(n);
		drain_alien(s, node);
		node_lock(n);
	}
	alien->entry[alien->avail++] = objp;
	stats_add(cachep, &cachep->gauges->shared_avail, 1);
	node_unlock(n);
}

unsigned drain_aliens(const struct step *s)
{
	unsigned drained = 0;

	for (int node = 0; node < (int)s->cachep->nr_nodes; node++)
		if (node != s->node)
			drained += drain_alien(s, node);
	return drained;
}
