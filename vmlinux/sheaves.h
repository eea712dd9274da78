/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * sheaves.h: the types of SLUB's sheaves (6.18 and later; from 7.0 on most caches have them). A
 * CPU has two arrays of objects, the main and the spare sheaf; a node has a barn of sheaves.
 */
#ifndef VMLINUX_SHEAVES_H
#define VMLINUX_SHEAVES_H

#include "common.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct slab_sheaf {
	struct list_head barn_list;
	struct kmem_cache *cache;
	unsigned int size;
	void *objects[1];
};

struct slub_percpu_sheaves {
	struct slab_sheaf *main;
	struct slab_sheaf *spare;
};

struct node_barn {
	struct list_head sheaves_full;
};

struct kmem_cache_node___sheaves {
	struct node_barn *barn; /* to 7.0 */
};

/* From 7.1 on. */
struct kmem_cache_per_node_ptrs {
	struct node_barn *barn;
	struct kmem_cache_node___sheaves *node;
};

struct kmem_cache___sheaves {
	struct slub_percpu_sheaves *cpu_sheaves; /* per CPU */
	unsigned int sheaf_capacity;
	struct kmem_cache_node___sheaves *node[1];   /* to 7.0 */
	struct kmem_cache_per_node_ptrs per_node[1]; /* from 7.1 on */
};

#pragma clang attribute pop

#endif
