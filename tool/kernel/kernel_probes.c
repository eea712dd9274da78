// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * kernel_probes.c: the tables of functions and programs. Names are exact: .cold, .part and .isra
 * twins are other functions.
 */
#include "kernel/kernel_probes.h"

#include <stddef.h>

const char *const kernel_symbol_names[SYMBOLS] = {
	[SYMBOL_NONE] = "",
	[SYMBOL_CACHE_ALLOC_REFILL] = "cache_alloc_refill",
	[SYMBOL_TRANSFER_OBJECTS] = "transfer_objects",
	[SYMBOL_CACHE_GROW_BEGIN] = "cache_grow_begin",
	[SYMBOL_CACHE_ALLOC_NODE] = "____cache_alloc_node",
	[SYMBOL_CACHE_FLUSHARRAY] = "cache_flusharray",
	[SYMBOL_SLABS_DESTROY] = "slabs_destroy",
	[SYMBOL_SLAB_DESTROY] = "slab_destroy",
	[SYMBOL_DRAIN_ARRAY] = "drain_array",
	[SYMBOL_TUNE_CPUCACHE] = "do_tune_cpucache",
	[SYMBOL_CACHE_FREE] = "___cache_free",
	[SYMBOL_SLAB_ALLOC] = "___slab_alloc",
	[SYMBOL_ALLOCATE_SLAB] = "allocate_slab",
	[SYMBOL_FREE_SLAB] = "__free_slab",
	[SYMBOL_SLAB_FREE] = "__slab_free",
	[SYMBOL_GET_PARTIAL_NODE] = "get_partial_node",
	[SYMBOL_KFENCE_ALLOC] = "__kfence_alloc",
	[SYMBOL_REPLACE_EMPTY_MAIN] = "__pcs_replace_empty_main",
	[SYMBOL_REPLACE_FULL_MAIN] = "__pcs_replace_full_main",
	[SYMBOL_REFILL_OBJECTS_NODE] = "__refill_objects_node",
	[SYMBOL_REFILL_OBJECTS] = "refill_objects",
	[SYMBOL_ALLOC_FROM_SHEAF] = "kmem_cache_alloc_from_sheaf",
	[SYMBOL_RCU_FREE_SHEAF] = "rcu_free_sheaf",
	[SYMBOL_ALLOC_BULK] = "kmem_cache_alloc_bulk",
	[SYMBOL_FREE_BULK] = "kmem_cache_free_bulk",
	[SYMBOL_KMEM_CACHE_FREE] = "kmem_cache_free",
	[SYMBOL_KMALLOC_LARGE] = "___kmalloc_large_node",
	[SYMBOL_FREE_LARGE] = "free_large_kmalloc",
	[SYMBOL_SHRINK] = "kmem_cache_shrink",
	[SYMBOL_READ_DIR] = "generic_read_dir",
	[SYMBOL_GET_KMEM_CACHE] = "bpf_get_kmem_cache",
	[SYMBOL_VMEMMAP_BASE] = "vmemmap_base",
	[SYMBOL_PAGE_OFFSET_BASE] = "page_offset_base",
	[SYMBOL_PER_CPU_OFFSET] = "__per_cpu_offset",
};

/*
 * From 6.10 on (7bd230a26648) macros wrap the allocating functions, which have another name. Up to
 * 6.17 compilers split get_partial_node(), and call its part where there may be a slab.
 * ___kmalloc_large_node() has a third underscore from 6.10 on.
 */
const char *const kernel_symbol_aliases[SYMBOLS] = {
	[SYMBOL_GET_PARTIAL_NODE] = "get_partial_node.part.0",
	[SYMBOL_ALLOC_FROM_SHEAF] = "kmem_cache_alloc_from_sheaf_noprof",
	[SYMBOL_ALLOC_BULK] = "kmem_cache_alloc_bulk_noprof",
	[SYMBOL_KMALLOC_LARGE] = "__kmalloc_large_node",
};

const unsigned char kernel_symbol_params[SYMBOLS] = {
	[SYMBOL_CACHE_ALLOC_REFILL] = 2, [SYMBOL_TRANSFER_OBJECTS] = 3,
	[SYMBOL_CACHE_GROW_BEGIN] = 3,	 [SYMBOL_CACHE_ALLOC_NODE] = 3,
	[SYMBOL_TUNE_CPUCACHE] = 5,	 [SYMBOL_SLAB_ALLOC] = 5,
	[SYMBOL_ALLOCATE_SLAB] = 3,	 [SYMBOL_GET_PARTIAL_NODE] = 4,
	[SYMBOL_KFENCE_ALLOC] = 3,	 [SYMBOL_ALLOC_BULK] = 4,
	[SYMBOL_KMALLOC_LARGE] = 3,
};

const struct kernel_probe_row kernel_probe_rows[PROGRAMS] = {
	[PROGRAM_COUNT_ALLOC] = {"count_alloc", PROBE_RAW_TP, SYMBOL_NONE, PROGRAM_LATE_ALLOC,
				 "send_alloc"},
	[PROGRAM_COUNT_FREE] = {"count_free", PROBE_RAW_TP, SYMBOL_NONE, PROGRAM_LATE_FREE,
				"send_free"},
	[PROGRAM_COUNT_KMALLOC] = {"count_kmalloc", PROBE_RAW_TP, SYMBOL_NONE, PROGRAM_LATE_KMALLOC,
				   "send_kmalloc"},
	[PROGRAM_COUNT_KFREE] = {"count_kfree", PROBE_RAW_TP, SYMBOL_NONE, PROGRAM_LATE_KFREE,
				 "send_kfree"},
	[PROGRAM_LATE_ALLOC] = {"late_alloc", PROBE_RAW_TP, SYMBOL_NONE, 0, "late_send_alloc"},
	[PROGRAM_LATE_FREE] = {"late_free", PROBE_RAW_TP, SYMBOL_NONE, 0, "late_send_free"},
	[PROGRAM_LATE_KMALLOC] = {"late_kmalloc", PROBE_RAW_TP, SYMBOL_NONE, 0,
				  "late_send_kmalloc"},
	[PROGRAM_LATE_KFREE] = {"late_kfree", PROBE_RAW_TP, SYMBOL_NONE, 0, "late_send_kfree"},
	[PROGRAM_OWNED_ALLOC] = {"owned_alloc_any", PROBE_RAW_TP, SYMBOL_NONE, 0, NULL},
	[PROGRAM_OWNED_ALLOC_NODE] = {"owned_alloc_node", PROBE_RAW_TP, SYMBOL_NONE, 0, NULL},
	[PROGRAM_OWNED_KMALLOC] = {"owned_kmalloc_any", PROBE_RAW_TP, SYMBOL_NONE, 0, NULL},
	[PROGRAM_OWNED_KMALLOC_NODE] = {"owned_kmalloc_node", PROBE_RAW_TP, SYMBOL_NONE, 0, NULL},
	[PROGRAM_OWNED_KFREE] = {"owned_kfree", PROBE_RAW_TP, SYMBOL_NONE, 0, NULL},
#define ROW(id, stem, symbol)                                                      \
	[PROGRAM_##id##_FENTRY] = {stem "_fentry", PROBE_FENTRY, symbol, 0, NULL}, \
	[PROGRAM_##id##_KPROBE] = {stem "_kprobe", PROBE_KPROBE, symbol, 0, NULL}
#define RETURN_ROW(id, stem, symbol)                                            \
	[PROGRAM_##id##_FEXIT] = {stem "_fexit", PROBE_FEXIT, symbol, 0, NULL}, \
	[PROGRAM_##id##_KRETPROBE] = {stem "_kretprobe", PROBE_KRETPROBE, symbol, 0, NULL}
#define LATE_ROW(id, stem, symbol)                                                                 \
	[PROGRAM_##id##_FENTRY] = {stem "_fentry", PROBE_FENTRY, symbol, PROGRAM_LATE_##id, NULL}, \
	[PROGRAM_LATE_##id] = {"late_" stem "_fentry", PROBE_FENTRY, symbol, 0, NULL},             \
	[PROGRAM_##id##_KPROBE] = {stem "_kprobe", PROBE_KPROBE, symbol, 0, NULL}
#define LATE_RETURN_ROW(id, stem, symbol)                                                       \
	[PROGRAM_##id##_FEXIT] = {stem "_fexit", PROBE_FEXIT, symbol, PROGRAM_LATE_##id, NULL}, \
	[PROGRAM_LATE_##id] = {"late_" stem "_fexit", PROBE_FEXIT, symbol, 0, NULL},            \
	[PROGRAM_##id##_KRETPROBE] = {stem "_kretprobe", PROBE_KRETPROBE, symbol, 0, NULL}
	ROW(REFILL, "slab_refill", SYMBOL_CACHE_ALLOC_REFILL),
	RETURN_ROW(REFILL, "slab_refill", SYMBOL_CACHE_ALLOC_REFILL),
	RETURN_ROW(TRANSFER, "slab_transfer", SYMBOL_TRANSFER_OBJECTS),
	ROW(GROW, "slab_grow", SYMBOL_CACHE_GROW_BEGIN),
	RETURN_ROW(GROW, "slab_grow", SYMBOL_CACHE_GROW_BEGIN),
	ROW(BYPASS, "slab_bypass", SYMBOL_CACHE_ALLOC_NODE),
	RETURN_ROW(BYPASS, "slab_bypass", SYMBOL_CACHE_ALLOC_NODE),
	ROW(FLUSH, "slab_flush", SYMBOL_CACHE_FLUSHARRAY),
	ROW(DESTROY, "slab_destroy", SYMBOL_SLABS_DESTROY),
	ROW(SLUB_REFILL, "slub_refill", SYMBOL_SLAB_ALLOC),
	RETURN_ROW(SLUB_REFILL, "slub_refill", SYMBOL_SLAB_ALLOC),
	[PROGRAM_SLUB_PARTIAL_KPROBE] = {"slub_partial_kprobe", PROBE_KPROBE,
					 SYMBOL_GET_PARTIAL_NODE, 0, NULL},
	RETURN_ROW(SLUB_PARTIAL, "slub_partial", SYMBOL_GET_PARTIAL_NODE),
	ROW(SLUB_FLUSH, "slub_flush", SYMBOL_SLAB_FREE),
	LATE_RETURN_ROW(SLUB_GROW, "slub_grow", SYMBOL_ALLOCATE_SLAB),
	LATE_ROW(SLUB_FREE, "slub_free", SYMBOL_FREE_SLAB),
	RETURN_ROW(KFENCE, "kfence", SYMBOL_KFENCE_ALLOC),
	ROW(SHEAF_REFILL, "sheaf_refill", SYMBOL_REPLACE_EMPTY_MAIN),
	RETURN_ROW(SHEAF_REFILL, "sheaf_refill", SYMBOL_REPLACE_EMPTY_MAIN),
	LATE_RETURN_ROW(SHEAF_NODE, "sheaf_node", SYMBOL_REFILL_OBJECTS_NODE),
	LATE_RETURN_ROW(SHEAF_OBJECTS, "sheaf_objects", SYMBOL_REFILL_OBJECTS),
	LATE_RETURN_ROW(SHEAF_DIRECT, "sheaf_direct", SYMBOL_SLAB_ALLOC),
	LATE_RETURN_ROW(SHEAF_PREFILLED, "sheaf_prefilled", SYMBOL_ALLOC_FROM_SHEAF),
	LATE_ROW(SHEAF_FLUSH, "sheaf_flush", SYMBOL_REPLACE_FULL_MAIN),
	ROW(ALLOC_BULK, "alloc_bulk", SYMBOL_ALLOC_BULK),
	RETURN_ROW(ALLOC_BULK, "alloc_bulk", SYMBOL_ALLOC_BULK),
	ROW(FREE_BULK, "free_bulk", SYMBOL_FREE_BULK),
	ROW(OWNED_FREE, "owned_free", SYMBOL_KMEM_CACHE_FREE),
	RETURN_ROW(LARGE_ALLOC, "large_alloc", SYMBOL_KMALLOC_LARGE),
	ROW(LARGE_FREE, "large_free", SYMBOL_FREE_LARGE),
	ROW(PROOF, "proof", SYMBOL_READ_DIR),
	[PROGRAM_SLAB_TUNE_KPROBE] = {"slab_tune_kprobe", PROBE_KPROBE, SYMBOL_TUNE_CPUCACHE, 0,
				      NULL},
	RETURN_ROW(SLAB_TUNE, "slab_tune", SYMBOL_TUNE_CPUCACHE),
	ROW(SLAB_DRAIN, "slab_drain", SYMBOL_DRAIN_ARRAY),
	ROW(SLAB_GONE, "slab_gone", SYMBOL_SLAB_DESTROY),
	ROW(SHEAF_PREFILLED, "sheaf_prefilled", SYMBOL_ALLOC_FROM_SHEAF),
	ROW(SHEAF_RCU, "sheaf_rcu", SYMBOL_RCU_FREE_SHEAF),
	[PROGRAM_WALK] = {"walk", PROBE_CALL, SYMBOL_NONE, 0, NULL},
	[PROGRAM_STATE] = {"state", PROBE_CALL, SYMBOL_NONE, 0, NULL},
	[PROGRAM_MEASURE] = {"measure", PROBE_CALL, SYMBOL_NONE, 0, NULL},
	[PROGRAM_LOOK] = {"look", PROBE_CALL, SYMBOL_NONE, 0, NULL},
};

bool kernel_probe_is_late(enum program program)
{
	for (int i = 0; i < PROGRAMS; i++)
		if (kernel_probe_rows[i].late && kernel_probe_rows[i].late == program)
			return true;
	return false;
}
