// SPDX-License-Identifier: MIT
/*
 * kmalloc.c: allocates memory of any size, from caches of fixed sizes or, above them, from whole
 * pages. The descriptor of the slab leads from an address back to its cache.
 */
#include "slab.h"

#include <errno.h>

#include "init.h"
#include "once.h"
#include "reap.h"
#include "sanitizer.h"
#include "slab_desc.h"

#define KMALLOC_MAX_CACHE_SIZE 8192u
#define KMALLOC_MAX_SIZE       ((size_t)SLAB_PAGE_SIZE << SLAB_MAX_ORDER)

static struct {
	unsigned size;
	const char *name;
	struct kmem_cache *cache;
} class[] = {
	{8, "kmalloc-8", NULL},
	{16, "kmalloc-16", NULL},
	{32, "kmalloc-32", NULL},
	{64, "kmalloc-64", NULL},
	{96, "kmalloc-96", NULL},
	{128, "kmalloc-128", NULL},
	{192, "kmalloc-192", NULL},
	{256, "kmalloc-256", NULL},
	{512, "kmalloc-512", NULL},
	{1024, "kmalloc-1k", NULL},
	{2048, "kmalloc-2k", NULL},
	{4096, "kmalloc-4k", NULL},
	{KMALLOC_MAX_CACHE_SIZE, "kmalloc-8k", NULL},
};

/* The class of a size up to 192, by (size - 1) / 8. */
static const uint8_t small_class[24] = {0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4,
					5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6};

/*
 * Returns the class of a size from 1 to KMALLOC_MAX_CACHE_SIZE. From 256 on classes are powers of
 * two.
 */
static unsigned kmalloc_index(size_t size)
{
	if (size <= 192)
		return small_class[(size - 1) / 8];
	return 64 - (unsigned)__builtin_clzl(size - 1) - 1;
}

/*
 * Returns the cache of a class, or NULL when there is no memory. Its alignment is the largest
 * power of two that divides the size, at most a page.
 */
static struct kmem_cache *kmalloc_cache(unsigned i)
{
	size_t align = class[i].size & -class[i].size;

	return cache_once(&class[i].cache, class[i].name, class[i].size,
			  align < SLAB_PAGE_SIZE ? align : SLAB_PAGE_SIZE, 0);
}

static unsigned order_of(size_t size)
{
	return size <= SLAB_PAGE_SIZE
		       ? 0
		       : 64 - (unsigned)__builtin_clzl((size - 1) >> SLAB_PAGE_SHIFT);
}

static struct slab *large_run(unsigned order, unsigned flags)
{
	struct slab *run = init_once()->error ? NULL : pages_alloc(order);

	return run || !(flags & SLAB_MEMALLOC) ? run : pages_alloc_reserve(order);
}

static void *kmalloc_large(size_t size, unsigned flags)
{
	unsigned order = order_of(size);
	struct slab *run = NULL;

	if (size <= KMALLOC_MAX_SIZE) {
		run = large_run(order, flags);
		if (unlikely(!run) && reap_free_slabs())
			run = large_run(order, flags);
	}
	if (unlikely(!run)) {
		errno = ENOMEM;
		return NULL;
	}
	run->active = (uint16_t)order;
	__atomic_store_n(&run->list, SLAB_PAGE_LARGE, __ATOMIC_RELAXED);
	sanitizer_acquire(slab_address(run));
	return slab_address(run);
}

void *kmalloc(size_t size, unsigned flags)
{
	struct kmem_cache *cachep;

	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE))
		return kmalloc_large(size, flags);
	cachep = kmalloc_cache(kmalloc_index(size ? size : 1));
	return likely(cachep) ? kmem_cache_alloc(cachep, flags) : NULL;
}

/*
 * Returns the descriptor of the slab of objp, or of its run of pages: then the cache is NULL.
 * Stops the process where libslab never returned this address. Only debug builds find an address
 * inside an object here; other builds find it when the object reaches its slab.
 */
static struct slab *slab_of(const void *objp, const char *caller)
{
	struct slab *slabp = virt_to_slab(objp);

	if (likely(slabp)) {
		if (likely(slabp->cache)) {
#ifdef SLAB_DEBUG
			if (slab_is_object(slabp->cache, slabp, objp))
#endif
				return slabp;
		} else if (slabp->list == SLAB_PAGE_LARGE && objp == slab_address(slabp)) {
			return slabp;
		}
	}
	fprintf(stderr,
		"libslab: %s(%p): libslab did not return this address, or it was freed before\n",
		caller, objp);
	abort();
}

void kfree(void *objp)
{
	struct slab *slabp;

	if (!objp)
		return;
	slabp = slab_of(objp, "kfree");
	if (likely(slabp->cache)) {
		kmem_cache_free(slabp->cache, objp);
	} else {
		sanitizer_release(objp);
		pages_free(slabp, slabp->active);
	}
}

size_t ksize(const void *objp)
{
	struct slab *slabp;

	if (!objp)
		return 0;
	slabp = slab_of(objp, "ksize");
	return slabp->cache ? slabp->cache->object_size : (size_t)SLAB_PAGE_SIZE << slabp->active;
}
