// SPDX-License-Identifier: MIT
/*
 * slab_desc.c: the layout of a slab.
 *
 *	on slab:   | colour | object 0 | object 1 | ... | object num-1 | left over | management |
 *	off slab:  | colour | object 0 | ...            | object num-1 | left over |
 *
 * The management has one index for each object, as an array or as a chain. The colour is a
 * multiple of the cache line that differs between slabs. So the same object of two slabs falls
 * into different sets of the CPU's caches. It uses the space that is left over.
 */
#include "slab_desc.h"

#include <errno.h>
#include <string.h>

#define OFF_SLAB_MIN_SIZE \
	(SLAB_PAGE_SIZE / 8) /* from here on an index array would waste an object */
#define SLAB_ORDER_MAX 3     /* more only where no object fits */

_Static_assert((SLAB_PAGE_SIZE << SLAB_MAX_ORDER) >> SLAB_COLOUR_SHIFT <= UINT16_MAX + 1,
	       "s_mem reaches every colour");
_Static_assert(SLAB_OBJECTS_MAX * sizeof(void *) >= SLAB_PAGE_SIZE &&
		       SLAB_OBJECTS_MAX < BUFCTL_ACTIVE,
	       "a page's objects are counted, and no index is a mark");

/* Returns how many objects fit with their management into so many bytes. */
static unsigned estimate(const struct kmem_cache *cachep, unsigned bytes, unsigned *left)
{
	unsigned index_size = cachep->off_slab		? 0
			      : slab_is_chained(cachep) ? sizeof(kmem_bufctl_t)
							: 1;
	unsigned num = bytes / (cachep->size + index_size);

	if (index_size == 1 && num > 256) {
		index_size = 2;
		num = bytes / (cachep->size + index_size);
	}
	if (num > SLAB_OBJECTS_MAX)
		num = SLAB_OBJECTS_MAX;
	*left = bytes - num * (cachep->size + index_size);
	return num;
}

static void finish_layout(struct kmem_cache *cachep, unsigned num, unsigned order, unsigned left)
{
	cachep->order = order;
	cachep->num = num;
	cachep->index_size = slab_is_chained(cachep) ? sizeof(kmem_bufctl_t) : num > 256 ? 2 : 1;
	cachep->colour_off = cachep->align > SLAB_COLOUR ? cachep->align : SLAB_COLOUR;
	cachep->colour = left / cachep->colour_off + 1;
	cachep->reciprocal = (uint32_t)((((uint64_t)1 << 32) + cachep->size - 1) / cachep->size);
}

int slab_layout_as(struct kmem_cache *cachep, unsigned num, unsigned order)
{
	size_t bytes = (size_t)SLAB_PAGE_SIZE << order, objects = (size_t)num * cachep->size;
	size_t index = (size_t)num * (slab_is_chained(cachep) || num > 256 ? 2 : 1);

	if (!num || num > SLAB_OBJECTS_MAX || order > SLAB_MAX_ORDER || objects > bytes)
		return -EINVAL;
	cachep->off_slab = objects + index > bytes;
	finish_layout(cachep, num, order,
		      (unsigned)(bytes - objects - (cachep->off_slab ? 0 : index)));
	return 0;
}

/*
 * Chooses the smallest order that wastes at most an eighth, as the kernel's calculate_slab_order().
 */
int slab_layout(struct kmem_cache *cachep)
{
	unsigned where = cachep->flags & (SLAB_ON_SLAB | SLAB_OFF_SLAB);
	unsigned left = 0, num = 0, order;

	if (where == (SLAB_ON_SLAB | SLAB_OFF_SLAB))
		return -EINVAL;
	cachep->off_slab = where ? where == SLAB_OFF_SLAB : cachep->size >= OFF_SLAB_MIN_SIZE;
	for (order = 0; order <= SLAB_MAX_ORDER; order++) {
		unsigned bytes = SLAB_PAGE_SIZE << order;

		num = estimate(cachep, bytes, &left);
		if (num && (left * 8 <= bytes || order >= SLAB_ORDER_MAX))
			break;
	}
	if (!num)
		return -EINVAL;
	finish_layout(cachep, num, order, left);
	return 0;
}

/* Sets freelist[i] = i, for speed eight one-byte indices at a time. */
static void init_index_array(void *freelist, unsigned num, unsigned index_size)
{
	uint64_t eight = 0x0706050403020100;
	unsigned i = 0;

	if (index_size == 1)
		for (; i + 8 <= num; i += 8, eight += 0x0808080808080808)
			memcpy((char *)freelist + i, &eight, 8);
	for (; i < num; i++)
		set_free_obj(index_size, freelist, i, i);
}

void slab_init_objects(struct kmem_cache *cachep, struct slab *slabp, unsigned colour)
{
	unsigned num = cachep->num;

	if (!cachep->off_slab)
		slabp->freelist = slab_address(slabp) + ((size_t)SLAB_PAGE_SIZE << cachep->order) -
				  (size_t)num * cachep->index_size;
	slabp->s_mem = (uint16_t)((colour * cachep->colour_off) >> SLAB_COLOUR_SHIFT);
	slabp->active = slabp->free = 0;
	if (slab_is_chained(cachep))
		for (unsigned i = 0; i < num; i++)
			slab_bufctl(slabp)[i] = i + 1 < num ? (kmem_bufctl_t)(i + 1) : BUFCTL_END;
	else
		init_index_array(slabp->freelist, num, cachep->index_size);
	if (cachep->ctor)
		for (unsigned i = 0; i < num; i++)
			cachep->ctor(index_to_obj(cachep, slabp, i));
}

/*
 * Returns the index of a free object. The free objects of a slab have the positions (at) from
 * slabp->active on. before is the index of the object at the position before.
 */
static unsigned free_index(const struct kmem_cache *cachep, const struct slab *slabp, unsigned at,
			   unsigned before)
{
	if (!slab_is_chained(cachep))
		return get_free_obj(cachep->index_size, slabp->freelist, at);
	return at == slabp->active ? slabp->free : slab_bufctl(slabp)[before];
}

unsigned slab_free_indices(const struct kmem_cache *cachep, const struct slab *slabp,
			   uint16_t index[SLAB_OBJECTS_MAX])
{
	unsigned nr = 0, next = 0;

	for (unsigned at = slabp->active; at < cachep->num; at++) {
		next = free_index(cachep, slabp, at, next);
		if (next >= cachep->num)
			break;
		index[nr++] = (uint16_t)next;
	}
	return nr;
}

const char *slab_management_error(const struct kmem_cache *cachep, const struct slab *slabp)
{
	bool seen[SLAB_OBJECTS_MAX] = {false};
	unsigned next = 0, at = slabp->active;

	if (at > cachep->num)
		return "more objects are active than there are";
	for (; at < cachep->num; at++) {
		next = free_index(cachep, slabp, at, next);
		if (next >= cachep->num)
			return "the index of a free object is invalid, or the chain is too short";
		if (seen[next])
			return "an object is free twice";
		seen[next] = true;
	}
	if (slab_is_chained(cachep) && free_index(cachep, slabp, at, next) != BUFCTL_END)
		return "the chain goes on behind the last free object";
	return NULL;
}

#ifdef SLAB_DEBUG
void check_slabp(const struct kmem_cache *cachep, const struct slab *slabp)
{
	const char *error = slab_management_error(cachep, slabp);

	if (likely(!error))
		return;
	fprintf(stderr, "libslab: BUG: cache \"%s\", slab %u: %s\n", cachep->name, slab_page(slabp),
		error);
	abort();
}
#endif
