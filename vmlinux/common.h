/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * common.h: kernel types that the programs read with every slab allocator. They have only the
 * fields that the programs read; the loader finds the offsets in the running kernel. The types of
 * each allocator are in their own header, as flavours (___slab): the same name in the kernel,
 * other fields.
 */
#ifndef VMLINUX_COMMON_H
#define VMLINUX_COMMON_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};

struct kmem_cache {
	struct list_head list; /* of all caches, and a head */
	const char *name;
	unsigned int object_size;
};

struct page {
	unsigned long flags;
	unsigned long compound_head; /* odd in a tail page: its head's address + 1 */
	unsigned int page_type;	     /* its highest byte, from 6.12 on */
};

struct slab {
	struct kmem_cache *slab_cache;
};

/* Up to 5.16 slabs are pages. */
struct page___slab {
	struct list_head slab_list; /* SLAB */
	struct kmem_cache *slab_cache;
	void *s_mem;	     /* SLAB: its first object */
	unsigned int active; /* SLAB: objects that are not free */
};

/* Of per-CPU array maps: the per-CPU pointer of each element. */
struct bpf_array {
	void *pptrs[1];
};

#pragma clang attribute pop

/* Up to 6.9 a flag of the page marks slabs (46df8e73a4a3 made it a page type). */
enum pageflags {
	PG_slab,
};

/* From 6.12 on. */
enum pagetype {
	PGTY_slab,
};

/* From include/linux/gfp_types.h; in no BTF as a macro, the same value from 4.4 on. */
#define GFP_DIRECT_RECLAIM 0x400u

/* The programs read a word of any address by this type. */
struct cpumask {
	unsigned long bits[1];
} __attribute__((preserve_access_index));

/*
 * Returns the pointer as one to a kernel type, which programs may read but not trust; 6.2 and
 * later.
 */
extern void *bpf_rdonly_cast(const void *pointer, __u32 type)
	__attribute__((section(".ksyms"), weak));

/* Returns the cache of the object at addr, NULL where there is none; 6.17 and later. */
extern struct kmem_cache *bpf_get_kmem_cache(__u64 addr) __attribute__((section(".ksyms"), weak));

#endif
