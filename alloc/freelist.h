/* SPDX-License-Identifier: MIT */
/*
 * freelist.h: where the management of slabs stands that keep it outside (off slab). It is an object
 * of a cache of libslab's own, "freelist-32" to "freelist-1024", made at first use.
 */
#ifndef SLAB_FREELIST_H
#define SLAB_FREELIST_H

#include "structs.h"

/*
 * Finds the cache that the management of cachep's slabs is to come from, and makes it if need be.
 * Returns 0 or -ENOMEM.
 */
int freelist_init(struct kmem_cache *cachep);

/* Room for the management of a slab of cachep, or NULL when there is no memory; flags as for
 * kmem_cache_alloc(). */
void *freelist_alloc(struct kmem_cache *cachep, unsigned flags);
void freelist_free(struct kmem_cache *cachep, void *freelist);

#endif
