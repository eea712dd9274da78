/* SPDX-License-Identifier: MIT */
/*
 * check.h: walks a whole cache and proves its invariants. For tests and debugging: nobody else may be
 * using the cache meanwhile.
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
 * Every object must be in exactly one place: its slab's freelist, a shared array, a CPU's array, or
 * out. live, if not NULL, names all nr_live objects that are out. Also: each slab is on the list that
 * its count of active objects asks for, list counts, gauges and free_objects agree with the lists,
 * and the counters with what is out. Returns the number of violations, also in to->errors.
 */
unsigned long slab_check(struct kmem_cache *cachep, void *const *live, size_t nr_live,
			 struct slab_check *to);

#endif
