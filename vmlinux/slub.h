/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * slub.h: the types of SLUB where a CPU owns a slab (to 6.19), with its free objects and a list
 * of partial slabs behind it.
 */
#ifndef VMLINUX_SLUB_H
#define VMLINUX_SLUB_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct slab___slub {
	struct slab___slub *next; /* while it is on a CPU's list */
	unsigned int inuse : 16;
	unsigned int objects : 15;
};

/* Up to 5.16 slabs are pages. */
struct page___slub {
	struct page___slub *next;
	unsigned int inuse : 16;
	unsigned int objects : 15;
};

struct kmem_cache_cpu___page {
	struct page___slub *page;
};

struct kmem_cache_cpu {
	void **freelist;
	unsigned long tid;
	struct slab___slub *slab;
	struct slab___slub *partial; /* with CONFIG_SLUB_CPU_PARTIAL */
};

struct kmem_cache___slub {
	struct kmem_cache_cpu *cpu_slab; /* per CPU */
	unsigned int offset;		 /* of a free object's pointer to the next */
	unsigned long random;		 /* with CONFIG_SLAB_FREELIST_HARDENED */
	void *node[1];			 /* struct kmem_cache_node, by the node's number */
};

#pragma clang attribute pop

#endif
