// SPDX-License-Identifier: MIT
/*
 * outofline.c: kmem_cache_alloc() and kmem_cache_free() as functions, for programs compiled with
 * SLAB_NO_INLINE, for other languages, and for dlopen().
 */
#define SLAB_NO_INLINE
#include "slab.h"

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && __has_include(<sys/rseq.h>)
#include "slab_hit.h"
#else
#define slab_hit_alloc(cachep)	    NULL
#define slab_hit_free(cachep, objp) 0
#endif

void *kmem_cache_alloc(struct kmem_cache *cachep, unsigned flags)
{
	void *objp = slab_hit_alloc(cachep);

	return __builtin_expect(objp != NULL, 1) ? objp : slab_alloc(cachep, flags);
}

void kmem_cache_free(struct kmem_cache *cachep, void *objp)
{
	if (__builtin_expect(!slab_hit_free(cachep, objp), 0))
		slab_free(cachep, objp);
}
