/* SPDX-License-Identifier: MIT */
/*
 * node.h: a node of a cache: its three lists of slabs, its shared array, and the moves between
 * them. The caller holds the node's list_lock, unless a comment says otherwise.
 */
#ifndef SLAB_NODE_H
#define SLAB_NODE_H

#include "notes.h"
#include "slab_desc.h"

/* Makes the arrays of a node. Returns 0 or -ENOMEM. Without the lock, as node_destroy(). */
int node_init(struct kmem_cache *cachep, int node);
void node_destroy(struct kmem_cache *cachep, int node);

/*
 * The arrays of a node for new tunables. node_plan() allocates them and returns 0 or -ENOMEM.
 * node_adopt() exchanges them with the old ones, which must be empty. node_unplan() frees the
 * arrays in a plan. Only node_adopt() needs the lock.
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

/* Checks in debug builds that the node is locked. */
static inline void check_spinlock_acquired(struct kmem_cache_node *n)
{
#ifdef SLAB_DEBUG
	BUG_ON(!slab_lock_held(&n->list_lock));
#else
	(void)n;
#endif
}

/* One run of the slow path. */
struct step {
	struct kmem_cache *cachep;
	int cpu;		   /* where it began */
	int node;		   /* where it works now */
	unsigned flags;		   /* of the allocation */
	struct probe_notes *notes; /* NULL: no probe is traced */
};

/*
 * Moves up to max of the oldest objects of one array, which ageing takes, to the top of the other,
 * as far as it has room. Returns how many.
 */
unsigned array_take_oldest(struct array_cache *to, struct array_cache *from, unsigned max);

/*
 * Returns the first partial slab, else the first free one, else NULL. It skips slabs of the
 * emergency reserve, unless the flags of the step allow them.
 */
struct slab *get_first_slab(const struct step *s, struct kmem_cache_node *n, bool *was_free);

/* Returns whether the step could take an object here. It takes the lock, and drops it again. */
bool node_has_objects(const struct step *s, struct kmem_cache_node *n);

/*
 * Takes an object from the slabs of the step's node, without arrays and without growing. Takes
 * the lock. Returns NULL where there is none.
 */
void *node_alloc_one(const struct step *s);

/* Gives the pages of a slab back. Without the lock. */
void slab_release(struct kmem_cache *cachep, struct slab *slabp);

/*
 * Moves the slab to the list that its active objects require: to its head after objects were
 * taken, to its tail after they came back.
 */
void fixup_slab_list(const struct step *s, struct kmem_cache_node *n, struct slab *slabp,
		     bool to_tail);

/* Adds a new slab, whose objects are all free. */
void node_add_slab(const struct step *s, struct kmem_cache_node *n, struct slab *slabp);

/* Counts nr objects that left the slabs of the node: n->free_objects -= nr. */
void node_take_objects(const struct step *s, struct kmem_cache_node *n, unsigned nr);

/*
 * Puts objects into the shared array, as far as it has room. Returns how many. With objpp NULL
 * they are in place already, and are only counted.
 */
unsigned put_to_shared(const struct step *s, struct kmem_cache_node *n, void **objpp, unsigned nr);

/* Removes the topmost nr objects from the shared array, after the caller has copied them. */
void take_from_shared(const struct step *s, struct kmem_cache_node *n, unsigned nr);

/*
 * Gives objects back to their slabs, which must be of this node, and takes free slabs above
 * free_limit off the lists. It chains these slabs on destroy (through next), which the caller
 * passes to slabs_destroy() after it has dropped the lock.
 */
void free_block(const struct step *s, struct kmem_cache_node *n, void **objpp, unsigned nr,
		uint32_t *destroy);

/* Takes up to max free slabs off the list, for slabs_destroy(). Returns how many. */
unsigned node_drain_free(const struct step *s, struct kmem_cache_node *n, unsigned max,
			 uint32_t *destroy);

/* Returns the step on another node. */
static inline struct step step_on_node(const struct step *s, int node)
{
	struct step other = *s;

	other.node = node;
	return other;
}

/* Gives a chain of slabs back to the page level. Without the lock. */
void slabs_destroy(const struct step *s, uint32_t destroy);

#endif
