// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* facts_symbols.c: finds the functions that programs can watch, in kallsyms and in the types. */
#include "kernel/facts_symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "system/kallsyms.h"

/* The possible names of functions, sorted. */
struct symbol_name {
	const char *name;
	enum symbol symbol;
	bool alias;
};
struct symbol_table {
	struct symbol_name name[2 * SYMBOLS];
	size_t nr;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct symbol_name *)a)->name, ((const struct symbol_name *)b)->name);
}

static void make_table(struct symbol_table *t)
{
	t->nr = 0;
	for (int i = SYMBOL_NONE + 1; i < SYMBOLS; i++) {
		t->name[t->nr++] = (struct symbol_name){kernel_symbol_names[i], i, false};
		if (kernel_symbol_aliases[i])
			t->name[t->nr++] = (struct symbol_name){kernel_symbol_aliases[i], i, true};
	}
	qsort(t->name, t->nr, sizeof(*t->name), by_name);
}

static const struct symbol_name *find_symbol(const struct symbol_table *t, const char *name)
{
	const struct symbol_name key = {.name = name};

	return bsearch(&key, t->name, t->nr, sizeof(*t->name), by_name);
}

struct kallsyms_reader {
	struct facts *facts;
	uint64_t open[SYMBOLS]; /* symbols without a known end */
	int nr_open;
};

static void kallsyms_line(struct kallsyms_reader *r, const struct symbol_table *table,
			  const struct kallsym *line)
{
	struct symbol_facts *symbol = r->facts->symbol;
	const struct symbol_name *found = find_symbol(table, line->name);

	for (int i = 0; i < r->nr_open; i++) {
		if (line->address <= symbol[r->open[i]].address)
			continue;
		symbol[r->open[i]].end = line->address;
		r->open[i--] = r->open[--r->nr_open];
	}
	if (!found || symbol[found->symbol].present)
		return;
	symbol[found->symbol].present = true;
	symbol[found->symbol].alias = found->alias;
	symbol[found->symbol].address = line->address;
	if (line->address)
		r->open[r->nr_open++] = found->symbol;
}

void facts_symbols_read(struct facts *to)
{
	char buffer[KALLSYMS_BUFFER];
	FILE *file = kallsyms_open(buffer);
	struct kallsyms_reader r = {.facts = to};
	struct symbol_table table;
	struct kallsym line;

	to->kallsyms = file ? ENODATA : errno;
	make_table(&table);
	while (file && kallsyms_next(file, &line)) {
		if (*line.module) /* functions of modules do not count */
			continue;
		kallsyms_line(&r, &table, &line);
		to->kallsyms = 0;
	}
	if (file && ferror(file)) { /* a part of the list says nothing about the rest */
		memset(to->symbol, 0, sizeof(to->symbol));
		to->kallsyms = EIO;
	}
	if (file)
		fclose(file);
}

static void note_function(const struct btf *btf, const struct btf_type *function,
			  struct symbol_facts *to)
{
	const struct btf_type *proto = btf__type_by_id(btf, function->type);

	to->in_btf = true;
	to->params = proto && btf_is_func_proto(proto) ? btf_vlen(proto) : 0;
}

void facts_symbols_in_btf(struct facts *to, const struct btf *btf)
{
	uint32_t types = btf__type_cnt(btf);
	struct symbol_table table;

	make_table(&table);
	for (uint32_t id = 1; id < types; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const struct symbol_name *found;

		if (!btf_is_func(type))
			continue;
		found = find_symbol(&table, btf__name_by_offset(btf, type->name_off));
		if (found && found->alias == to->symbol[found->symbol].alias)
			note_function(btf, type, &to->symbol[found->symbol]);
	}
}
