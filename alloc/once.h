/* SPDX-License-Identifier: MIT */
/*
 * once.h: makes libslab's own caches, each at its first use. It takes no lock, which a fork() could
 * leave locked in the child. Where two threads make the same cache, one of them destroys its own.
 */
#ifndef SLAB_ONCE_H
#define SLAB_ONCE_H

#include "structs.h"

/* Returns the cache in *slot, which it makes where there is none; NULL when there is no memory. */
static inline struct kmem_cache *cache_once(struct kmem_cache **slot, const char *name, size_t size,
					    size_t align, unsigned flags)
{
	struct kmem_cache *cachep = __atomic_load_n(slot, __ATOMIC_ACQUIRE), *made;

	if (likely(cachep))
		return cachep;
	made = kmem_cache_create(name, size, align, flags, NULL);
	if (!made || __atomic_compare_exchange_n(slot, &cachep, made, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE))
		return made;
	kmem_cache_destroy(made);
	return cachep;
}

#endif
