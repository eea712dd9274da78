/* SPDX-License-Identifier: MIT */
/*
 * freelist.c: the cache that off-slab freelists come from. Its own slabs keep theirs inside, so it
 * never needs itself.
 */
#include "freelist.h"

#include <errno.h>

#include "cache.h"

static struct kmem_cache *freelist_cache;
static pthread_mutex_t freelist_lock = PTHREAD_MUTEX_INITIALIZER;

int freelist_init(void)
{
	struct kmem_cache *cachep;

	pthread_mutex_lock(&freelist_lock);
	if (!freelist_cache)
		freelist_cache = kmem_cache_create("freelist-128", FREELIST_BYTES, 0, 0, NULL);
	cachep = freelist_cache;
	pthread_mutex_unlock(&freelist_lock);
	return cachep ? 0 : -ENOMEM;
}

void *freelist_alloc(void)
{
	return kmem_cache_alloc(freelist_cache, 0);
}

void freelist_free(void *freelist)
{
	kmem_cache_free(freelist_cache, freelist);
}
