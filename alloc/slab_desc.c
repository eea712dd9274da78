/* SPDX-License-Identifier: MIT */
/*
 * slab_desc.c: the layout of a slab.
 *
 *	on slab:   | colour | object 0 | object 1 | ... | object num-1 | left over | freelist |
 *	off slab:  | colour | object 0 | ...            | object num-1 | left over |
 *
 * The colour, a multiple of the cache line that differs from slab to slab, makes the same object of
 * different slabs fall into different sets of the CPU's caches; it uses what is left over.
 */
#include "slab_desc.h"

#include <errno.h>

#define CACHE_LINE	  64u
#define OFF_SLAB_MIN_SIZE (SLAB_PAGE_SIZE / 8) /* from here on an index array would waste an object */
#define SLAB_ORDER_MAX	  3		       /* unless not even one object fits */

static unsigned align_up(unsigned value, unsigned align)
{
	return (value + align - 1) & ~(align - 1);
}

/* Objects that fit with their indices into so many bytes. */
static unsigned estimate(const struct kmem_cache *cachep, unsigned bytes, unsigned *left)
{
	unsigned index_size = 1;
	unsigned num = bytes / (cachep->size + (cachep->off_slab ? 0 : 1));

	if (num > 256) {
		index_size = 2;
		num = bytes / (cachep->size + (cachep->off_slab ? 0 : 2));
	}
	if (num > UINT16_MAX)
		num = UINT16_MAX;
	*left = bytes - num * cachep->size - (cachep->off_slab ? 0 : num * index_size);
	return num;
}

/* The smallest order that wastes at most an eighth, as calculate_slab_order() of the kernel has it. */
int slab_layout(struct kmem_cache *cachep)
{
	unsigned left = 0, num = 0, order;

	cachep->off_slab = cachep->size >= OFF_SLAB_MIN_SIZE;
	for (order = 0; order <= SLAB_MAX_ORDER; order++) {
		unsigned bytes = SLAB_PAGE_SIZE << order;

		num = estimate(cachep, bytes, &left);
		if (num && (left * 8 <= bytes || order >= SLAB_ORDER_MAX))
			break;
	}
	if (!num)
		return -EINVAL;
	cachep->order = order;
	cachep->num = num;
	cachep->index_size = num > 256 ? 2 : 1;
	cachep->colour_off = cachep->align > CACHE_LINE ? cachep->align : CACHE_LINE;
	cachep->colour = left / cachep->colour_off + 1;
	cachep->reciprocal = (uint32_t)((((uint64_t)1 << 32) + cachep->size - 1) / cachep->size);
	return 0;
}

void slab_init_objects(struct kmem_cache *cachep, struct slab *slabp)
{
	if (!cachep->off_slab)
		slabp->freelist = slab_address(slabp) +
				  ((size_t)SLAB_PAGE_SIZE << cachep->order) -
				  align_up(cachep->num * cachep->index_size, cachep->index_size);
	slabp->active = 0;
	for (unsigned i = 0; i < cachep->num; i++) {
		set_free_obj(cachep, slabp->freelist, i, i);
		if (cachep->ctor)
			cachep->ctor(index_to_obj(cachep, slabp, i));
	}
}
