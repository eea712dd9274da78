/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* small_kernel.h: the types of a small SLAB: those that facts are read from. */
#ifndef SMALL_KERNEL_H
#define SMALL_KERNEL_H

#include <bpf/btf.h>

/* The caller frees it. */
static inline struct btf *small_kernel(void)
{
	struct btf *btf = btf__new_empty();
	int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int array, cache, pointer, proto;

	btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	array = btf__add_struct(btf, "array_cache", 8);
	btf__add_field(btf, "avail", number, 0, 0);
	btf__add_field(btf, "limit", number, 32, 0);
	pointer = btf__add_ptr(btf, array);
	cache = btf__add_struct(btf, "kmem_cache", 16);
	btf__add_field(btf, "cpu_cache", pointer, 0, 0);
	btf__add_field(btf, "size", btf__add_const(btf, number), 64, 0);
	btf__add_union(btf, "", 4);
	btf__add_field(btf, "inner", number, 0, 0);
	btf__add_array(btf, number, array, 3);
	btf__add_enum(btf, "pageflags", 4);
	btf__add_enum_value(btf, "PG_slab", 9);
	pointer = btf__add_ptr(btf, cache);
	proto = btf__add_func_proto(btf, 0);
	btf__add_func_param(btf, "data", pointer);
	btf__add_func_param(btf, "call_site", number);
	btf__add_func_param(btf, "ptr", pointer);
	btf__add_func_param(btf, "s", pointer);
	btf__add_typedef(btf, "btf_trace_kmem_cache_alloc", btf__add_ptr(btf, proto));
	btf__add_func(btf, "cache_alloc_refill", BTF_FUNC_STATIC, proto);
	btf__add_datasec(btf, ".data", 8);
	btf__add_datasec_var_info(btf, btf__add_var(btf, "it", BTF_VAR_STATIC, number), 0, 4);
	return btf;
}

#endif
