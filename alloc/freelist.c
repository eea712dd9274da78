// SPDX-License-Identifier: MIT
/*
 * freelist.c: the caches that serve management off slab.
 *
 * This is where the algorithm calls itself: to make a slab, a refill allocates its management from
 * another cache, which may have to refill too. The recursion ends there, because the slabs of these
 * caches keep their management inside. It is the only ring of calls between the files of libslab.
 */
#include "freelist.h"

#include <errno.h>

#include "once.h"
#include "slab_desc.h"

static struct {
	unsigned bytes;
	const char *name;
	struct kmem_cache *cache;
} class[] = {
	{32, "freelist-32", NULL},
	{128, "freelist-128", NULL},
	{512, "freelist-512", NULL},
	{SLAB_OBJECTS_MAX * sizeof(uint16_t), "freelist-1024", NULL},
};

int freelist_init(struct kmem_cache *cachep)
{
	unsigned bytes = cachep->num * cachep->index_size, i = 0;

	while (class[i].bytes < bytes)
		i++;
	cachep->freelist_cache =
		cache_once(&class[i].cache, class[i].name, class[i].bytes, 0, SLAB_ON_SLAB);
	return cachep->freelist_cache ? 0 : -ENOMEM;
}

void *freelist_alloc(struct kmem_cache *cachep, unsigned flags)
{
	return kmem_cache_alloc(cachep->freelist_cache, flags);
}

void freelist_free(struct kmem_cache *cachep, void *freelist)
{
	kmem_cache_free(cachep->freelist_cache, freelist);
}
