// SPDX-License-Identifier: MIT
/*
 * bulk.c: allocates and frees many objects at once. One sequence serves all that the CPU's array
 * can serve. The next object takes the way of a single call, which refills or flushes the array.
 */
#include "slab.h"

#include <errno.h>
#include <limits.h>

#include "percpu_bulk.h"

int kmem_cache_alloc_bulk(struct kmem_cache *cachep, unsigned flags, size_t n, void **objs)
{
	size_t got = 0;

	if (n > INT_MAX) {
		errno = EINVAL;
		return 0;
	}
	while (got < n) {
		size_t nr = rseq_pop_many(cachep, objs + got, n - got);

		if (!nr) {
			objs[got] = slab_alloc(cachep, flags);
			if (!objs[got]) {
				kmem_cache_free_bulk(cachep, got, objs);
				errno = ENOMEM;
				return 0;
			}
			nr = 1;
		}
		got += nr;
	}
	return (int)n;
}

void kmem_cache_free_bulk(struct kmem_cache *cachep, size_t n, void **objs)
{
	while (n) {
		size_t nr = rseq_push_many(cachep, objs, n);

		if (!nr) {
			slab_free(cachep, *objs);
			nr = 1;
		}
		objs += nr;
		n -= nr;
	}
}
