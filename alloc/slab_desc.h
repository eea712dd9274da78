/* SPDX-License-Identifier: MIT */
/*
 * slab_desc.h: one slab: how many objects fit, which of them are free, where they are.
 *
 * Which objects are free is kept in one of two ways, chosen when the cache is made:
 *
 *   the index array (Linux 4.x, page->freelist): the indices at active and above are of free
 *   objects. Taking one reads the index at active and steps over it; giving one back steps down and
 *   writes its index there.
 *
 *	active = 2      | 0 | 3 | 1 | 2 | 4 |        objects 1, 2 and 4 are free
 *	                          ^ next
 *
 *   the bufctl chain (Linux 2.6, SLAB_BUFCTL): free is the index of a free object, and the entry of
 *   a free object is the index of the next one. Taking one reads its entry into free; giving one
 *back writes free into its entry, and its index into free.
 *
 *	free = 1        | - | 2 | 4 | - | END |      objects 1, 2 and 4 are free
 *	                      ^ next
 */
#ifndef SLAB_DESC_H
#define SLAB_DESC_H

#include "pages.h"

#define SLAB_OBJECTS_MAX 512 /* of a slab: a page of the smallest objects there are */

/* An entry of the chain: the index of the next free object, or */
typedef uint16_t kmem_bufctl_t;
#define BUFCTL_END    ((kmem_bufctl_t)0xffff)
#define BUFCTL_ACTIVE ((kmem_bufctl_t)0xfffe) /* of an object that is out; debug builds only */

/*
 * Lays out a cache's slabs: sets order, num, colour, index_size, off_slab, reciprocal from size,
 * align and flags. Returns 0, or -EINVAL where no slab could hold an object, or the flags
 * contradict.
 */
int slab_layout(struct kmem_cache *cachep);

/* The same for a given number of objects in 1 << order pages. 0, or -EINVAL where they do not fit. */
int slab_layout_as(struct kmem_cache *cachep, unsigned num, unsigned order);

/* Lays a fresh slab out, with everything in it free, and constructs its objects. */
void slab_init_objects(struct kmem_cache *cachep, struct slab *slabp, unsigned colour);

/*
 * Copies the indices of the free objects, in the order in which slab_get_obj() would take them, as
 * far as they make sense. Returns how many.
 */
unsigned slab_free_indices(const struct kmem_cache *cachep, const struct slab *slabp,
			   uint16_t index[SLAB_OBJECTS_MAX]);

/*
 * Checks a slab's management: as many free objects as active leaves, each of them once. Returns
 * NULL, or what is wrong.
 */
const char *slab_management_error(const struct kmem_cache *cachep, const struct slab *slabp);

/* Debug builds: stops the process where a slab's management is broken. */
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

/* The first object of the slab. */
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

/* offset / size by its reciprocal, for an offset from the first object; exact for that of an
 * object. */
static inline unsigned offset_to_index(uint32_t reciprocal, size_t offset)
{
	return (unsigned)(((uint64_t)(uint32_t)offset * reciprocal) >> 32);
}

/* The index of an object; garbage for an address that is not one (see slab_is_object()). */
static inline unsigned obj_to_index(const struct kmem_cache *cachep, const struct slab *slabp,
				    const void *objp)
{
	return offset_to_index(cachep->reciprocal,
			       (size_t)((const char *)objp - slab_s_mem(slabp)));
}

/* Whether an address is that of an object of the slab. */
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

/* Takes the chain's first object off it. Returns its index. */
static inline unsigned bufctl_get(struct slab *slabp)
{
	unsigned index = slabp->free;

	slabp->free = slab_bufctl(slabp)[index];
#ifdef SLAB_DEBUG
	slab_bufctl(slabp)[index] = BUFCTL_ACTIVE;
#endif
	return index;
}

/* Puts an object before the first one of the chain, which is free. Returns the new first one. */
static inline unsigned bufctl_put(kmem_bufctl_t *bufctl, unsigned free, unsigned index)
{
#ifdef SLAB_DEBUG
	BUG_ON(bufctl[index] != BUFCTL_ACTIVE);
#endif
	bufctl[index] = (kmem_bufctl_t)free;
	return index;
}

/* Takes an object out of a slab that has a free one. */
static inline void *slab_get_obj(struct kmem_cache *cachep, struct slab *slabp)
{
	unsigned index = slab_is_chained(cachep)
				 ? bufctl_get(slabp)
				 : get_free_obj(cachep->index_size, slabp->freelist, slabp->active);

	slabp->active++;
	return index_to_obj(cachep, slabp, index);
}

/*
 * slab_get_obj() as often as there is a free object, at most nr times. Returns how often. It and
 * slab_put_objs() are what refills and flushes run for each object: what does not change is read
 * once, and the kind of management is settled before the loop.
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

/* slab_put_objs() of one kind of management: index_size 0 is the chain; a constant at each call. */
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
 * Puts objects back as long as they are of this slab and it has some out. Returns how many.
 * For neighbours come back together: the slab's own fields are read and written once.
 */
static inline unsigned slab_put_objs(struct kmem_cache *cachep, struct slab *slabp, void **objpp,
				     unsigned nr)
{
	return slab_is_chained(cachep)		 ? put_objs(cachep, slabp, objpp, nr, 0)
	       : likely(cachep->index_size == 1) ? put_objs(cachep, slabp, objpp, nr, 1)
						 : put_objs(cachep, slabp, objpp, nr, 2);
}

/* Puts one object back; it must be of this slab. */
static inline void slab_put_obj(struct kmem_cache *cachep, struct slab *slabp, void *objp)
{
	unsigned put = slab_put_objs(cachep, slabp, &objp, 1);

	BUG_ON(!put);
}

#endif
