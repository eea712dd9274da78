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

/* offset / size, for an offset from the first object; exact for that of an object. */
static inline unsigned offset_to_index(const struct kmem_cache *cachep, size_t offset)
{
	return (unsigned)(((uint64_t)(uint32_t)offset * cachep->reciprocal) >> 32);
}

/* The index of an object; garbage for an address that is not one (see slab_is_object()). */
static inline unsigned obj_to_index(const struct kmem_cache *cachep, const struct slab *slabp,
				    const void *objp)
{
	return offset_to_index(cachep,
			       (size_t)((const char *)objp - slab_address(slabp) - slabp->s_mem));
}

static inline unsigned get_free_obj(const struct kmem_cache *cachep, const void *freelist,
				    unsigned at)
{
	return cachep->index_size == 1 ? ((const uint8_t *)freelist)[at]
				       : ((const uint16_t *)freelist)[at];
}

static inline void set_free_obj(const struct kmem_cache *cachep, void *freelist, unsigned at,
				unsigned index)
{
	if (cachep->index_size == 1)
		((uint8_t *)freelist)[at] = (uint8_t)index;
	else
		((uint16_t *)freelist)[at] = (uint16_t)index;
}

static inline void *slab_get_obj(struct kmem_cache *cachep, struct slab *slabp)
{
	void *objp = index_to_obj(cachep, slabp, get_free_obj(cachep, slabp->freelist, slabp->active));

	slabp->active++;
	return objp;
}

/* Whether an address is that of an object of the slab. */
static inline bool slab_is_object(const struct kmem_cache *cachep, const struct slab *slabp,
				  const void *objp)
{
	unsigned index = obj_to_index(cachep, slabp, objp);

	return index < cachep->num && index_to_obj(cachep, slabp, index) == objp;
}

/*
 * Puts objects back as long as they are of this slab and it has some out. Returns how many.
 * For neighbours come back together: the slab's own fields are read and written once.
 */
static inline unsigned slab_put_objs(struct kmem_cache *cachep, struct slab *slabp, void **objpp,
				     unsigned nr)
{
	const char *first = slab_address(slabp) + slabp->s_mem;
	size_t bytes = (size_t)cachep->num * cachep->size;
	unsigned active = slabp->active, put = 0;
	void *freelist = slabp->freelist;

	for (; put < nr && active && (size_t)((char *)objpp[put] - first) < bytes; put++) {
		unsigned index = offset_to_index(cachep, (size_t)((char *)objpp[put] - first));

		BUG_ON(first + (size_t)index * cachep->size != objpp[put]);
		set_free_obj(cachep, freelist, --active, index);
	}
	slabp->active = (uint16_t)active;
	return put;
}

#endif
