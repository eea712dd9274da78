/* SPDX-License-Identifier: MIT */
/*
 * cache.h: makes a cache. slab.h declares what else cache.c exports.
 */
#ifndef SLAB_CACHE_H
#define SLAB_CACHE_H

#include "slab.h"
#include "virtual.h"

/*
 * Makes a cache as kmem_cache_create() and, if t is not NULL, as slab_virtual_create(). Returns
 * NULL and sets errno where it fails.
 */
struct kmem_cache *cache_create(const char *name, size_t size, size_t align, unsigned flags,
				void (*ctor)(void *), const struct slab_topology *t);

#endif
