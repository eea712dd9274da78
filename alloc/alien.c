// SPDX-License-Identifier: MIT
/*
 * alien.c: the alien arrays. The lock of the node that frees protects them. An array is copied
 * before its objects move on, so that no thread ever holds the locks of two nodes.
 */
#include "alien.h"

#include <string.h>

/*
 * Moves all objects of an alien array to objpp, with the lock held. Returns how many. The gauge of
 * the shared arrays counts aliens too.
 */
static unsigned take_aliens(const struct step *s, struct array_cache *alien, void **objpp)
{
	unsigned nr = alien ? alien->avail : 0;

	if (nr) {
		memcpy(objpp, alien->entry, nr * sizeof(void *));
		alien->avail = 0;
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

void cache_free_alien(const struct step *s, void *objp)
{
	struct kmem_cache *cachep = s->cachep;
	struct kmem_cache_node *n = get_node(cachep, s->node);
	int node = virt_to_slab(objp)->node;
	void *overflow[SLAB_LIMIT_MAX];
	struct array_cache *alien;
	unsigned nr = 0;

	node_lock(n);
	alien = n->alien[node];
	stats_add(cachep, &cachep->stats.node_frees, 1);
	if (alien->avail == alien->limit) {
		stats_add(cachep, &cachep->stats.node_overflow, 1);
		nr = take_aliens(s, alien, overflow);
	}
	alien->entry[alien->avail++] = objp;
	stats_add(cachep, &cachep->gauges->shared_avail, 1);
	node_unlock(n);
	if (nr)
		give_to_node(s, node, overflow, nr);
}

unsigned aliens_first(const struct step *s, void **objpp, unsigned nr)
{
	void *own[SLAB_ARRAY_STRIDE];
	unsigned aliens = 0, kept = 0;

	for (unsigned i = 0; i < nr; i++) {
		if (is_alien(s, objpp[i]))
			objpp[aliens++] = objpp[i];
		else
			own[kept++] = objpp[i];
	}
	memcpy(objpp + aliens, own, kept * sizeof(void *));
	return aliens;
}

unsigned drain_aliens(const struct step *s)
{
	struct kmem_cache_node *n = get_node(s->cachep, s->node);
	void *objp[SLAB_LIMIT_MAX];
	unsigned drained = 0;

	for (int node = 0; node < (int)s->cachep->nr_nodes; node++) {
		unsigned nr;

		node_lock(n);
		nr = take_aliens(s, n->alien[node], objp);
		node_unlock(n);
		if (nr)
			give_to_node(s, node, objp, nr);
		drained += nr;
	}
	return drained;
}
