/* SPDX-License-Identifier: MIT */
/*
 * slab_desc.h: one slab: how many objects fit, its freelist, its objects' places.
 *
 * The freelist is an array of indices (Linux 4.x, page->freelist): those at active and above are of
 * free objects. Taking an object reads the index at active and steps over it; giving it back steps
 * down and writes it.
 */
#ifndef SLAB_DESC_H
#define SLAB_DESC_H

#include "pages.h"

/*
 * Lays out a cache's slabs: sets order, num, colour, index_size, off_slab, reciprocal from size and
 * align. Returns 0, or -EINVAL where no slab could hold an object.
 */
int slab_layout(struct kmem_cache *cachep);

/* Makes the freelist of a fresh slab, in which everything is free, and constructs its objects. */
void slab_init_objects(struct kmem_cache *cachep, struct slab *slabp);

static inline void *index_to_obj(const struct kmem_cache *cachep, const struct slab *slabp,
				 unsigned index)
{
	return slab_address(slabp) + slabp->s_mem + (size_t)index * cachep->size;
}

/* The index of an object; garbage for an address that is not one (see slab_is_object()). */
static inline unsigned obj_to_index(const struct kmem_cache *cachep, const struct slab *slabp,
				    const void *objp)
{
	uint32_t offset = (uint32_t)((const char *)objp - slab_address(slabp) - slabp->s_mem);

	return (unsigned)(((uint64_t)offset * cachep->reciprocal) >> 32);
}

static inline unsigned slab_free_index(const struct kmem_cache *cachep, const struct slab *slabp,
				       unsigned at)
{
	return cachep->index_size == 1 ? ((uint8_t *)slabp->freelist)[at]
				       : ((uint16_t *)slabp->freelist)[at];
}

static inline void slab_set_free_index(const struct kmem_cache *cachep, struct slab *slabp,
				       unsigned at, unsigned index)
{
	if (cachep->index_size == 1)
		((uint8_t *)slabp->freelist)[at] = (uint8_t)index;
	else
		((uint16_t *)slabp->freelist)[at] = (uint16_t)index;
}

static inline void *slab_get_obj(struct kmem_cache *cachep, struct slab *slabp)
{
	void *objp = index_to_obj(cachep, slabp, slab_free_index(cachep, slabp, slabp->active));

	slabp->active++;
	return objp;
}

static inline void slab_put_obj(struct kmem_cache *cachep, struct slab *slabp, void *objp)
{
	slabp->active--;
	slab_set_free_index(cachep, slabp, slabp->active, obj_to_index(cachep, slabp, objp));
}

/* Whether an address is that of an object of the slab. */
static inline bool slab_is_object(const struct kmem_cache *cachep, const struct slab *slabp,
				  const void *objp)
{
	unsigned index = obj_to_index(cachep, slabp, objp);

	return index < cachep->num && index_to_obj(cachep, slabp, index) == objp;
}

#endif
