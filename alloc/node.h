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

/*
 * The node's arrays for given tunables. node_plan() gets the memory, 0 or -ENOMEM; node_adopt() puts
 * them in place (the old ones must be empty, its lock held) and leaves the old ones in the plan;
 * node_unplan() frees what a plan holds.
 */
struct node_plan {
	struct array_cache *shared;
	struct array_cache *alien[SLAB_NODES_MAX];
};
int node_plan(const struct kmem_cache *cachep, int node, unsigned limit, unsigned batchcount,
	      unsigned sharedfactor, struct node_plan *plan);
void node_adopt(struct kmem_cache *cachep, int node, struct node_plan *plan);
void node_unplan(struct node_plan *plan);

static inline void node_lock(struct kmem_cache_node *n)
{
	slab_lock(&n->list_lock);
}

static inline void node_unlock(struct kmem_cache_node *n)
{
	slab_unlock(&n->list_lock);
}

/* Debug builds: the caller must hold the node's lock. */
static inline void check_spinlock_acquired(struct kmem_cache_node *n)
{
#ifdef SLAB_DEBUG
	BUG_ON(!slab_lock_held(&n->list_lock));
#else
	(void)n;
#endif
}

/* What a step is doing, for whom, on which node now: its notes may be NULL (nobody traces). */
struct step {
	struct kmem_cache *cachep;
	int cpu; /* where it began */
	int node;
	unsigned flags; /* of the allocation */
	struct probe_notes *notes;
};

/*
 * Moves up to max objects from the top of one array to the top of the other, as far as there is
 * room. Returns how many.
 */
unsigned transfer_objects(struct array_cache *to, struct array_cache *from, unsigned max);

/* The slab that objects are to come from: the first partial one, else the first free one. Slabs of the
 * emergency reserve are passed over, unless the step's flags let it use them. */
struct slab *get_first_slab(const struct step *s, struct kmem_cache_node *n, bool *was_free);

/* Whether the step could take an object here now. Without the lock: others may be faster. */
bool node_has_objects(const struct step *s, struct kmem_cache_node *n);

/* One object of the step's node, past all arrays; without growing. Takes the lock. NULL: none. */
void *node_alloc_one(const struct step *s);

/* A slab whose pages go back: the cache forgets it. No lock held. */
void slab_release(struct kmem_cache *cachep, struct slab *slabp);

/* Puts the slab on the list that its count of active objects asks for. At the list's head when
 * objects were taken, at its tail when they came back. */
void fixup_slab_list(const struct step *s, struct kmem_cache_node *n, struct slab *slabp,
		     bool to_tail);

/* A new slab, in which everything is free, joins the node. */
void node_add_slab(const struct step *s, struct kmem_cache_node *n, struct slab *slabp);

/* nr objects left the node's slabs: n->free_objects -= nr. */
void node_take_objects(const struct step *s, struct kmem_cache_node *n, unsigned nr);

/* Returns how many objects, from the first on, the node's shared array has taken. objpp NULL: they are
 * there already, and need only be counted. */
unsigned put_to_shared(const struct step *s, struct kmem_cache_node *n, void **objpp, unsigned nr);

/* The topmost nr objects of the shared array have been copied out, and are in it no more. */
void take_from_shared(const struct step *s, struct kmem_cache_node *n, unsigned nr);

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

/* The step on another node. */
static inline struct step step_on_node(const struct step *s, int node)
{
	struct step other = *s;

	other.node = node;
	return other;
}

/* Gives a chain of slabs back to the page level. No lock held. */
void slabs_destroy(const struct step *s, uint32_t destroy);

#endif
