/* SPDX-License-Identifier: MIT */
/*
 * slab_desc.h: one slab: how many objects fit, which of them are free, where they are.
 *
 * A slab knows its free objects in one of two ways, which the flags of the cache choose:
 *
 *   the index array (Linux 4.x, page->freelist): the indices at active and above are of free
 *   objects. To take one, read the index at active and add 1 to active. To give one back, subtract
 *   1 from active and write its index there.
 *
 *	active = 2      | 0 | 3 | 1 | 2 | 4 |        objects 1, 2 and 4 are free
 *	                          ^ next
 *
 *   the bufctl chain (Linux 2.6, SLAB_BUFCTL): free is the index of a free object, and the entry of
 *   a free object is the index of the next one. To take one, read its entry into free. To give one
 *   back, write free into its entry, and its index into free.
 *
 *	free = 1        | - | 2 | 4 | - | END |      objects 1, 2 and 4 are free
 *	                      ^ next
 */
#ifndef SLAB_DESC_H
#define SLAB_DESC_H

#include "pages.h"

#define SLAB_OBJECTS_MAX 512 /* in a slab: a page of the smallest objects */

/* An entry of the chain: the index of the next free object, or */
typedef uint16_t kmem_bufctl_t;
#define BUFCTL_END    ((kmem_bufctl_t)0xffff)
#define BUFCTL_ACTIVE ((kmem_bufctl_t)0xfffe) /* of an allocated object; debug builds only */

/*
 * Lays out the slabs of a cache: sets order, num, colour, index_size, off_slab and reciprocal
 * from size, align and flags. Returns 0, or -EINVAL where no slab can hold an object or the flags
 * contradict.
 */
int slab_layout(struct kmem_cache *cachep);

/*
 * Lays them out for num objects in 1 << order pages. Returns 0, or -EINVAL where these do not fit.
 */
int slab_layout_as(struct kmem_cache *cachep, unsigned num, unsigned order);

/* Lays out a new slab, whose objects are all free, and constructs the objects. */
void slab_init_objects(struct kmem_cache *cachep, struct slab *slabp, unsigned colour);

/*
 * Copies the indices of the free objects, in the order of slab_get_obj(), up to the first invalid
 * one. Returns how many.
 */
unsigned slab_free_indices(const struct kmem_cache *cachep, const struct slab *slabp,
			   uint16_t index[SLAB_OBJECTS_MAX]);

/*
 * Checks the management of a slab: it must have num - active free objects, each of them once.
 * Returns NULL, or what is wrong.
 */
const char *slab_management_error(const struct kmem_cache *cachep, const struct slab *slabp);

/* Stops the process in debug builds where the management of a slab is broken. */
#ifdef SLAB_DEBUG
void check_slabp(const struct kmem_cache *cachep, const struct slab *slabp);
#else
static inline void check_slabp(const struct kmem_cache *cachep, const struct slab *slabp)
{
	(void)cachep, (void)slabp;
}
#endif

static inline bool slab_is_chained(const struct kmem_cache *cachep)
{
	return unlikely(cachep->flags & SLAB_BUFCTL);
}

/* Returns the first object of the slab. */
static inline char *slab_s_mem(const struct slab *slabp)
{
	return slab_address(slabp) + ((size_t)slabp->s_mem << SLAB_COLOUR_SHIFT);
}

static inline unsigned slab_colour(const struct kmem_cache *cachep, const struct slab *slabp)
{
	return ((unsigned)slabp->s_mem << SLAB_COLOUR_SHIFT) / cachep->colour_off;
}

static inline void *index_to_obj(const struct kmem_cache *cachep, const struct slab *slabp,
				 unsigned index)
{
	return slab_s_mem(slabp) + (size_t)index * cachep->size;
}

/*
 * Returns offset / size by the reciprocal of size, for an offset from the first object. Exact for
 * the offset of an object.
 */
static inline unsigned offset_to_index(uint32_t reciprocal, size_t offset)
{
	return (unsigned)(((uint64_t)(uint32_t)offset * reciprocal) >> 32);
}

/* Returns the index of an object. Other addresses give garbage: see slab_is_object(). */
static inline unsigned obj_to_index(const struct kmem_cache *cachep, const struct slab *slabp,
				    const void *objp)
{
	return offset_to_index(cachep->reciprocal,
			       (size_t)((const char *)objp - slab_s_mem(slabp)));
}

/* Returns whether an address is that of an object of the slab. */
static inline bool slab_is_object(const struct kmem_cache *cachep, const struct slab *slabp,
				  const void *objp)
{
	unsigned index = obj_to_index(cachep, slabp, objp);

	return index < cachep->num && index_to_obj(cachep, slabp, index) == objp;
}

static inline kmem_bufctl_t *slab_bufctl(const struct slab *slabp)
{
	return slabp->freelist;
}

static inline unsigned get_free_obj(unsigned index_size, const void *freelist, unsigned at)
{
	return index_size == 1 ? ((const uint8_t *)freelist)[at] : ((const uint16_t *)freelist)[at];
}

static inline void set_free_obj(unsigned index_size, void *freelist, unsigned at, unsigned index)
{
	if (index_size == 1)
		((uint8_t *)freelist)[at] = (uint8_t)index;
	else
		((uint16_t *)freelist)[at] = (uint16_t)index;
}

/* Takes the first object off the chain. Returns its index. */
static inline unsigned bufctl_get(struct slab *slabp)
{
	unsigned index = slabp->free;

	slabp->free = slab_bufctl(slabp)[index];
#ifdef SLAB_DEBUG
	slab_bufctl(slabp)[index] = BUFCTL_ACTIVE;
#endif
	return index;
}

/* Puts an object at the head of the chain; free is the old head. Returns the new head. */
static inline unsigned bufctl_put(kmem_bufctl_t *bufctl, unsigned free, unsigned index)
{
#ifdef SLAB_DEBUG
	BUG_ON(bufctl[index] != BUFCTL_ACTIVE);
#endif
	bufctl[index] = (kmem_bufctl_t)free;
	return index;
}

/* Takes an object from a slab that has a free one. */
static inline void *slab_get_obj(struct kmem_cache *cachep, struct slab *slabp)
{
	unsigned index = slab_is_chained(cachep)
				 ? bufctl_get(slabp)
				 : get_free_obj(cachep->index_size, slabp->freelist, slabp->active);

	slabp->active++;
	return index_to_obj(cachep, slabp, index);
}

/*
 * Takes up to nr objects, as slab_get_obj() does one by one. Returns how many. Refills and
 * flushes spend their time here and in slab_put_objs(), so both read constant fields once, and
 * choose the kind of management before the loop.
 */
static inline unsigned slab_get_objs(struct kmem_cache *cachep, struct slab *slabp, void **objpp,
				     unsigned nr)
{
	unsigned left = cachep->num - slabp->active, active = slabp->active;
	const uint16_t *index2 = (const uint16_t *)slabp->freelist + active;
	const uint8_t *index = (const uint8_t *)slabp->freelist + active;
	char *first = slab_s_mem(slabp);
	size_t size = cachep->size;

	if (nr > left)
		nr = left;
	if (slab_is_chained(cachep))
		for (unsigned i = 0; i < nr; i++)
			objpp[i] = first + bufctl_get(slabp) * size;
	else if (likely(cachep->index_size == 1))
#pragma GCC unroll 4
		for (unsigned i = 0; i < nr; i++)
			objpp[i] = first + index[i] * size;
	else
		for (unsigned i = 0; i < nr; i++)
			objpp[i] = first + index2[i] * size;
	slabp->active = (uint16_t)(active + nr);
	return nr;
}

/*
 * slab_put_objs() for one kind of management. index_size is a constant at each call; 0 is the
 * chain.
 */
static inline __attribute__((always_inline)) unsigned put_objs(struct kmem_cache *cachep,
							       struct slab *slabp, void **objpp,
							       unsigned nr, unsigned index_size)
{
	unsigned size = cachep->size, reciprocal = cachep->reciprocal;
	unsigned active = slabp->active, free = slabp->free, put = 0;
	size_t bytes = (size_t)cachep->num * size;
	const char *first = slab_s_mem(slabp);
	void *freelist = slabp->freelist;

	for (nr = nr < active ? nr : active; put < nr; put++) {
		size_t offset = (size_t)((const char *)objpp[put] - first);
		unsigned index;

		if (offset >= bytes)
			break;
		index = offset_to_index(reciprocal, offset);
		BUG_ON((size_t)index * size != offset);
		active--;
		if (index_size)
			set_free_obj(index_size, freelist, active, index);
		else
			free = bufctl_put(freelist, free, index);
	}
	slabp->active = (uint16_t)active;
	if (!index_size)
		slabp->free = (uint16_t)free;
	return put;
}

/*
 * Puts objects back up to the first that is not of this slab. Returns how many. Neighbours often
 * come back together, so it reads and writes the fields of the slab once.
 */
static inline unsigned slab_put_objs(struct kmem_cache *cachep, struct slab *slabp, void **objpp,
				     unsigned nr)
{
	return slab_is_chained(cachep)		 ? put_objs(cachep, slabp, objpp, nr, 0)
	       : likely(cachep->index_size == 1) ? put_objs(cachep, slabp, objpp, nr, 1)
						 : put_objs(cachep, slabp, objpp, nr, 2);
}

/* Puts an object back, which must be of this slab. */
static inline void slab_put_obj(struct kmem_cache *cachep, struct slab *slabp, void *objp)
{
	unsigned put = slab_put_objs(cachep, slabp, &objp, 1);

	BUG_ON(!put);
}

#endif
