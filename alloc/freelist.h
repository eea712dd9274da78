/* SPDX-License-Identifier: MIT */
/*
 * freelist.h: management off slab. It is an object of one of libslab's own caches, "freelist-32" to
 * "freelist-1024", which are made at first use.
 */
#ifndef SLAB_FREELIST_H
#define SLAB_FREELIST_H

#include "structs.h"

/*
 * Finds or makes the cache that serves the management of the slabs of cachep. Returns 0 or -ENOMEM.
 */
int freelist_init(struct kmem_cache *cachep);

/*
 * Allocates the management of a slab of cachep; flags as for kmem_cache_alloc(). Returns NULL when
 * there is no memory.
 */
void *freelist_alloc(struct kmem_cache *cachep, unsigned flags);
void freelist_free(struct kmem_cache *cachep, void *freelist);

#endif
