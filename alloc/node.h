/* SPDX-License-Identifier: MIT */
/*
 * node.h: a node of a cache: its three lists of slabs, its shared array, and the moves between
 * them. Everything here but node_init() wants the node's list_lock held.
 */
#ifndef SLAB_NODE_H
#define SLAB_NODE_H

#include "notes.h"
#include "slab_desc.h"

int node_init(struct kmem_cache *cachep, int node); /* 0 or -ENOMEM */
void node_destroy(struct kmem_cache *cachep, int node);

/* Gives the node the shared array and the free_limit that the cache's tunables ask for. */
int node_tune(struct kmem_cache *cachep, int node);

static inline void node_lock(struct kmem_cache_node *n)
{
	pthread_mutex_lock(&n->list_lock);
}

static inline void node_unlock(struct kmem_cache_node *n)
{
	pthread_mutex_unlock(&n->list_lock);
}

/* What a step is doing, for whom: its notes may be NULL (nobody traces). */
struct step {
	struct kmem_cache *cachep;
	int cpu; /* where it began */
	int node;
	struct probe_notes *notes;
};

/*
 * Moves up to max objects from the top of one array to the top of the other, as far as there is
 * room. Returns how many.
 */
unsigned transfer_objects(struct array_cache *to, struct array_cache *from, unsigned max);

/* The slab that objects are to come from: the first partial one, else the first free one. */
struct slab *get_first_slab(struct kmem_cache_node *n, bool *was_free);

/* Puts the slab on the list that its count of active objects asks for. At the list's head when
 * objects were taken, at its tail when they came back. */
void fixup_slab_list(const struct step *s, struct kmem_cache_node *n, struct slab *slabp,
		     bool to_tail);

/* A new slab, in which everything is free, joins the node. */
void node_add_slab(const struct step *s, struct kmem_cache_node *n, struct slab *slabp);

/* nr objects left the node's slabs: n->free_objects -= nr. */
void node_take_objects(const struct step *s, struct kmem_cache_node *n, unsigned nr);

/*
 * Gives objects back to their slabs, which must be of this node, and takes free slabs above
 * free_limit off the lists. The slabs are chained on destroy (through next): the caller passes it to
 * slabs_destroy() once the lock is dropped.
 */
void free_block(const struct step *s, struct kmem_cache_node *n, void **objpp, unsigned nr,
		uint32_t *destroy);

/* Takes up to max free slabs off the list, for slabs_destroy(). Returns how many. */
unsigned node_drain_free(const struct step *s, struct kmem_cache_node *n, unsigned max,
			 uint32_t *destroy);

/* Gives a chain of slabs back to the page level. No lock held. */
void slabs_destroy(const struct step *s, uint32_t destroy);

#endif
