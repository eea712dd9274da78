/* SPDX-License-Identifier: MIT */
/*
 * check.h: walks a whole cache and checks its invariants, for tests and debugging. No other
 * thread may use the cache meanwhile.
 */
#ifndef SLAB_CHECK_H
#define SLAB_CHECK_H

#include <stddef.h>

#include "slab.h"

struct slab_check {
	unsigned long slabs_full, slabs_partial, slabs_free;
	unsigned long objects;	 /* in all slabs */
	unsigned long in_slabs;	 /* free, in their slabs */
	unsigned long in_shared; /* free, in shared and alien arrays */
	unsigned long in_arrays; /* free, in CPUs' arrays */
	unsigned long out;	 /* handed out */
	unsigned long errors;
	char error[200]; /* the first one; "" */
};

/*
 * Checks that every object is in exactly one place: the freelist of its slab, a shared array, the
 * array of a CPU, or out. live, if not NULL, names all nr_live objects that are out. Checks also
 * that each slab is on the list that its active objects require, that list counts, gauges and
 * free_objects agree with the lists, and that the counters agree with the objects that are out.
 * Returns the number of violations, also in to->errors.
 */
unsigned long slab_check(struct kmem_cache *cachep, void *const *live, size_t nr_live,
			 struct slab_check *to);

#endif
