/* SPDX-License-Identifier: MIT */
/*
 * once.h: caches of libslab's own, each made when it is first asked for. Without a lock, so that no
 * fork() can leave one taken in the child: of two that make it at once, one keeps its own.
 */
#ifndef SLAB_ONCE_H
#define SLAB_ONCE_H

#include "structs.h"

/* What *slot holds, made first if need be; NULL when there is no memory. */
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
