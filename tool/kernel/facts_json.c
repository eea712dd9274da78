// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* facts_json.c: facts as JSON and back: errors by name, and what is true of a symbol. */
#include "kernel/facts_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS 0xffffffff81000000u /* of the first symbol that is read */

static const struct {
	const char *key;
	size_t offset;
} errors[] =
	{
#define ERROR(key)                                \
	{                                         \
#key, offsetof(struct facts, key) \
	}
		ERROR(btf),	ERROR(kernel_btf), ERROR(kallsyms), ERROR(slabinfo),
		ERROR(tracefs), ERROR(maps),	   ERROR(raw_tp),   ERROR(tp_btf),
		ERROR(fentry),	ERROR(kprobe),	   ERROR(uprobe),
},
  flags[] = {
	  ERROR(slab_arrays),	 ERROR(slub_cpu_slabs), ERROR(slub_sheaves),
	  ERROR(page_slab_flag), ERROR(page_slab_type), ERROR(alloc_has_cache),
	  ERROR(free_has_cache), ERROR(kmalloc_traced), ERROR(bulk_bool),
	  ERROR(ftrace_off),	 ERROR(root),		ERROR(uprobes_admin),
	  ERROR(slub_tiny),	 ERROR(preempt_rt),	ERROR(split_tracepoints),
	  ERROR(few_helpers),	 ERROR(programs_nest),	ERROR(fexit_unsafe),
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void *member(const struct facts *facts, size_t offset)
{
	return (char *)facts + offset;
}

static json_t *error_json(int err)
{
	const char *name = err ? strerrorname_np(err) : "ok";

	return json_string(name ? name : "EINVAL");
}

/* Returns 0 for "ok", and for a missing one. */
static int error_number(const json_t *from)
{
	const char *text = json_string_value(from), *name;

	if (!text || !strcmp(text, "ok"))
		return 0;
	for (int err = 1; err < 200; err++) {
		name = strerrorname_np(err);
		if (name && !strcmp(name, text))
			return err;
	}
	return EINVAL;
}

static json_t *symbols_json(const struct facts *facts)
{
	json_t *to = json_object();

	for (int i = SYMBOL_NONE + 1; i < SYMBOLS; i++) {
		const struct symbol_facts *symbol = &facts->symbol[i];

		if (symbol->present || symbol->in_btf)
			json_object_set_new(to, kernel_symbol_names[i],
					    json_pack("{sb sb sb sb sb si}", "present",
						      symbol->present, "alias", symbol->alias,
						      "btf", symbol->in_btf, "address",
						      symbol->address != 0, "end", symbol->end != 0,
						      "params", symbol->params));
	}
	return to;
}

json_t *facts_json_make(const struct facts *facts)
{
	json_t *to = json_object(), *refused = json_object();

	for (size_t i = 0; i < COUNT(errors); i++)
		json_object_set_new(to, errors[i].key,
				    error_json(*(int *)member(facts, errors[i].offset)));
	for (size_t i = 0; i < COUNT(flags); i++)
		json_object_set_new(to, flags[i].key,
				    json_boolean(*(bool *)member(facts, flags[i].offset)));
	for (int i = 0; i < PROGRAMS; i++)
		if (facts->refused[i])
			json_object_set_new(refused, kernel_probe_rows[i].name,
					    error_json(facts->refused[i]));
	json_object_set_new(to, "refused", refused);
	json_object_set_new(to, "symbols", symbols_json(facts));
	json_object_set_new(to, "release", json_string(facts->release));
	json_object_set_new(to, "lockdown", json_string(facts->lockdown));
	json_object_set_new(to, "cpus", json_integer(facts->cpus));
	json_object_set_new(to, "nodes", json_integer(facts->nodes));
	json_object_set_new(to, "alloc_params", json_integer(facts->alloc_params));
	json_object_set_new(to, "limit", json_integer(facts->limit));
	json_object_set_new(to, "caches", json_integer(facts->slabinfo_caches));
	return to;
}

static void symbol_from_json(const json_t *from, struct symbol_facts *to, int number)
{
	to->present = json_is_true(json_object_get(from, "present"));
	to->alias = json_is_true(json_object_get(from, "alias"));
	to->in_btf = json_is_true(json_object_get(from, "btf"));
	to->params = json_integer_value(json_object_get(from, "params"));
	if (json_is_true(json_object_get(from, "address")))
		to->address = ADDRESS + 0x1000u * number;
	if (json_is_true(json_object_get(from, "end")))
		to->end = ADDRESS + 0x1000u * number + 0x100;
}

int facts_json_read(const json_t *from, struct facts *to)
{
	const json_t *symbols = json_object_get(from, "symbols");
	const json_t *refused = json_object_get(from, "refused");
	const char *text;

	memset(to, 0, sizeof(*to));
	if (!json_is_object(symbols) || !json_is_object(refused))
		return -EINVAL;
	for (size_t i = 0; i < COUNT(errors); i++)
		*(int *)member(to, errors[i].offset) =
			error_number(json_object_get(from, errors[i].key));
	for (size_t i = 0; i < COUNT(flags); i++)
		*(bool *)member(to, flags[i].offset) =
			json_is_true(json_object_get(from, flags[i].key));
	for (int i = 0; i < PROGRAMS; i++)
		to->refused[i] = error_number(json_object_get(refused, kernel_probe_rows[i].name));
	for (int i = SYMBOL_NONE + 1; i < SYMBOLS; i++)
		symbol_from_json(json_object_get(symbols, kernel_symbol_names[i]), &to->symbol[i],
				 i);
	text = json_string_value(json_object_get(from, "release"));
	snprintf(to->release, sizeof(to->release), "%s", text ? text : "");
	text = json_string_value(json_object_get(from, "lockdown"));
	snprintf(to->lockdown, sizeof(to->lockdown), "%s", text ? text : "");
	to->cpus = json_integer_value(json_object_get(from, "cpus"));
	to->nodes = json_integer_value(json_object_get(from, "nodes"));
	to->alloc_params = json_integer_value(json_object_get(from, "alloc_params"));
	to->limit = json_integer_value(json_object_get(from, "limit"));
	to->slabinfo_caches = json_integer_value(json_object_get(from, "caches"));
	return 0;
}
