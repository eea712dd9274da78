/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * slab.h: the types of CONFIG_SLAB (mm/slab.c, to 6.7). A CPU has an array of objects; a node has
 * a shared array and three lists of slabs.
 */
#ifndef VMLINUX_SLAB_H
#define VMLINUX_SLAB_H

#include "common.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct array_cache {
	unsigned int avail;
	unsigned int limit;
	unsigned int batchcount;
	unsigned int touched;
	void *entry[];
};

/* The largest refill of an array that no call touched (mm/slab.c, not in BTF). */
#define BATCHREFILL_LIMIT 16

struct kmem_cache_node___slab {
	struct list_head slabs_partial;
	unsigned long total_slabs;
	unsigned long free_slabs;   /* on slabs_free */
	unsigned long free_objects; /* in slabs, not in arrays */
	unsigned int free_limit;    /* of free_objects */
	struct array_cache *shared;
	int free_touched;
};

struct kmem_cache___slab {
	struct array_cache *cpu_cache; /* per CPU */
	unsigned int batchcount;
	unsigned int limit;
	unsigned int shared;
	unsigned int num; /* objects in a slab */
	struct kmem_cache_node___slab *node[1];
};

struct slab___slab {
	struct list_head slab_list;
	struct kmem_cache *slab_cache;
	void *s_mem;	     /* its first object */
	unsigned int active; /* objects that are not free */
};

#pragma clang attribute pop

#endif
