// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* facts_types.c: reads from the types of a kernel what its allocator is like. */
#include "kernel/facts_types.h"

#include <stdio.h>
#include <string.h>

#include "kernel/facts_symbols.h"

static const struct btf_type *skip_modifiers(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type); /* ends, as types_check() has made sure */
	return type;
}

/* Returns whether a struct has the member, also within unnamed structs and unions. */
static bool has_member(const struct btf *btf, uint32_t id, const char *name, int depth)
{
	const struct btf_type *type = skip_modifiers(btf, id);
	const struct btf_member *member;

	if (!type || !btf_is_composite(type) || depth > 8)
		return false;
	member = btf_members(type);
	for (int i = 0; i < btf_vlen(type); i++) {
		const char *its = btf__name_by_offset(btf, member[i].name_off);

		if (its && !strcmp(its, name))
			return true;
		if (its && !*its && has_member(btf, member[i].type, name, depth + 1))
			return true;
	}
	return false;
}

static bool struct_has(const struct btf *btf, const char *name, const char *member)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id > 0 && has_member(btf, id, member, 0);
}

static bool enum_has(const struct btf *btf, const char *name, const char *value)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_ENUM);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (int i = 0; type && i < btf_vlen(type); i++) {
		const char *its = btf__name_by_offset(btf, btf_enum(type)[i].name_off);

		if (its && !strcmp(its, value))
			return true;
	}
	return false;
}

/*
 * Returns the parameters of a tracepoint after the first, which is for the program; NULL: no such
 * tracepoint.
 */
static const struct btf_param *tracepoint_params(const struct btf *btf, const char *name,
						 int *count)
{
	const struct btf_type *type;
	char full[128];
	int id;

	snprintf(full, sizeof(full), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, full, BTF_KIND_TYPEDEF);
	type = id > 0 ? skip_modifiers(btf, id) : NULL;
	if (!type || !btf_is_ptr(type))
		return NULL;
	type = skip_modifiers(btf, type->type);
	if (!type || !btf_is_func_proto(type) || btf_vlen(type) < 1)
		return NULL;
	*count = btf_vlen(type) - 1;
	return btf_params(type) + 1;
}

/* Returns whether argument number at of the tracepoint is a struct kmem_cache *. */
static bool tracepoint_has_cache(const struct btf *btf, const char *name, int at)
{
	int count = 0;
	const struct btf_param *param = tracepoint_params(btf, name, &count);
	const struct btf_type *type =
		param && at < count ? skip_modifiers(btf, param[at].type) : NULL;

	if (!type || !btf_is_ptr(type))
		return false;
	type = skip_modifiers(btf, type->type);
	return type && btf_is_struct(type) &&
	       !strcmp(btf__name_by_offset(btf, type->name_off), "kmem_cache");
}

static bool returns_bool(const struct btf *btf, const char *function)
{
	int id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, id) : NULL;

	type = type ? btf__type_by_id(btf, type->type) : NULL;
	type = type ? skip_modifiers(btf, type->type) : NULL;
	return type && btf_is_int(type) && btf_int_encoding(type) & BTF_INT_BOOL;
}

/* Reads what kernels up to 6.0 have otherwise, or lack. */
static void read_old(struct facts *to, const struct btf *btf)
{
	static const char *const helpers[] = {"BPF_FUNC_loop", "BPF_FUNC_get_func_arg",
					      "BPF_FUNC_map_lookup_percpu_elem"};
	int count = 0;

	to->split_tracepoints = tracepoint_params(btf, "kmem_cache_alloc_node", &count);
	if (tracepoint_params(btf, "kmem_cache_alloc", &count))
		to->alloc_params = count;
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		to->few_helpers |= !enum_has(btf, "bpf_func_id", helpers[i]);
	to->programs_nest = to->few_helpers && !struct_has(btf, "bpf_prog", "active");
	to->fexit_unsafe = to->few_helpers &&
			   btf__find_by_name_kind(btf, "bpf_tramp_image", BTF_KIND_STRUCT) <= 0;
}

void facts_types_read(struct facts *to, const struct btf *btf)
{
	/* Up to 5.16 slabs are pages. */
	const char *slab = struct_has(btf, "slab", "slab_cache") ? "slab" : "page";
	int count = 0;

	to->slab_arrays = struct_has(btf, "kmem_cache", "cpu_cache") &&
			  struct_has(btf, "array_cache", "avail");
	to->slub_cpu_slabs = struct_has(btf, "kmem_cache", "cpu_slab");
	to->slub_sheaves = struct_has(btf, "kmem_cache", "cpu_sheaves");
	/* Found without its configuration, too: other fields of SLUB are there. */
	to->slub_tiny |= !to->slab_arrays && !to->slub_cpu_slabs && !to->slub_sheaves &&
			 struct_has(btf, "kmem_cache", "min_partial");
	to->page_slab_flag = enum_has(btf, "pageflags", "PG_slab") &&
			     struct_has(btf, "page", "compound_head") &&
			     struct_has(btf, slab, "slab_cache");
	to->page_slab_type =
		enum_has(btf, "pagetype", "PGTY_slab") && struct_has(btf, "page", "page_type") &&
		struct_has(btf, "page", "compound_head") && struct_has(btf, "slab", "slab_cache");
	to->alloc_has_cache = tracepoint_has_cache(btf, "kmem_cache_alloc", 2);
	to->free_has_cache = tracepoint_has_cache(btf, "kmem_cache_free", 2);
	to->kmalloc_traced = tracepoint_params(btf, "kmalloc", &count) && count >= 2 &&
			     tracepoint_params(btf, "kfree", &count) && count >= 2;
	to->bulk_bool = returns_bool(btf, facts_symbol_name(to, SYMBOL_ALLOC_BULK));
	read_old(to, btf);
	facts_symbols_in_btf(to, btf);
}
