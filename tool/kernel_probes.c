// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * kernel_probes.c: the tables of functions and programs. Names of functions are exact: the kernel
 * has .cold, .part and .isra twins, which are other functions.
 */
#include "kernel_probes.h"

const char *const symbol_names[SYMBOLS] = {
	[SYMBOL_NONE] = "",
	[SYMBOL_CACHE_ALLOC_REFILL] = "cache_alloc_refill",
	[SYMBOL_TRANSFER_OBJECTS] = "transfer_objects",
	[SYMBOL_CACHE_GROW_BEGIN] = "cache_grow_begin",
	[SYMBOL_CACHE_ALLOC_NODE] = "____cache_alloc_node",
	[SYMBOL_CACHE_FLUSHARRAY] = "cache_flusharray",
	[SYMBOL_SLABS_DESTROY] = "slabs_destroy",
	[SYMBOL_CACHE_FREE] = "___cache_free",
	[SYMBOL_ALLOC_BULK] = "kmem_cache_alloc_bulk",
	[SYMBOL_FREE_BULK] = "kmem_cache_free_bulk",
	[SYMBOL_SHRINK] = "kmem_cache_shrink",
	[SYMBOL_GET_KMEM_CACHE] = "bpf_get_kmem_cache",
	[SYMBOL_VMEMMAP_BASE] = "vmemmap_base",
	[SYMBOL_PAGE_OFFSET_BASE] = "page_offset_base",
	[SYMBOL_PER_CPU_OFFSET] = "__per_cpu_offset",
};

const struct program_row program_rows[PROGRAMS] = {
	[PROGRAM_COUNT_ALLOC] = {"count_alloc", PROBE_RAW_TP, SYMBOL_NONE},
	[PROGRAM_COUNT_FREE] = {"count_free", PROBE_RAW_TP, SYMBOL_NONE},
	[PROGRAM_COUNT_KMALLOC] = {"count_kmalloc", PROBE_RAW_TP, SYMBOL_NONE},
	[PROGRAM_COUNT_KFREE] = {"count_kfree", PROBE_RAW_TP, SYMBOL_NONE},
#define ROW(id, stem, symbol)                                             \
	[PROGRAM_##id##_FENTRY] = {stem "_fentry", PROBE_FENTRY, symbol}, \
	[PROGRAM_##id##_KPROBE] = {stem "_kprobe", PROBE_KPROBE, symbol}
#define RETURN_ROW(id, stem, symbol)                                   \
	[PROGRAM_##id##_FEXIT] = {stem "_fexit", PROBE_FEXIT, symbol}, \
	[PROGRAM_##id##_KRETPROBE] = {stem "_kretprobe", PROBE_KRETPROBE, symbol}
	ROW(REFILL, "slab_refill", SYMBOL_CACHE_ALLOC_REFILL),
	RETURN_ROW(REFILL, "slab_refill", SYMBOL_CACHE_ALLOC_REFILL),
	RETURN_ROW(TRANSFER, "slab_transfer", SYMBOL_TRANSFER_OBJECTS),
	ROW(GROW, "slab_grow", SYMBOL_CACHE_GROW_BEGIN),
	RETURN_ROW(GROW, "slab_grow", SYMBOL_CACHE_GROW_BEGIN),
	ROW(BYPASS, "slab_bypass", SYMBOL_CACHE_ALLOC_NODE),
	RETURN_ROW(BYPASS, "slab_bypass", SYMBOL_CACHE_ALLOC_NODE),
	ROW(FLUSH, "slab_flush", SYMBOL_CACHE_FLUSHARRAY),
	ROW(DESTROY, "slab_destroy", SYMBOL_SLABS_DESTROY),
	RETURN_ROW(ALLOC_BULK, "alloc_bulk", SYMBOL_ALLOC_BULK),
	[PROGRAM_ALLOC_BULK_KPROBE] = {"alloc_bulk_kprobe", PROBE_KPROBE, SYMBOL_ALLOC_BULK},
	ROW(FREE_BULK, "free_bulk", SYMBOL_FREE_BULK),
	[PROGRAM_LOOK] = {"look", PROBE_CALL, SYMBOL_NONE},
};
