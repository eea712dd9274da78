// SPDX-License-Identifier: MIT
/*
 * freelist.c: the caches that off-slab management comes from. Their own slabs keep theirs inside,
 * so none of them ever needs another.
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
