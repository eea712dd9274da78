// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * kernel_cache_table.c: copies the table of caches from the programs, and finds rows by the names
 * in slabinfo.
 */
#include "kernel/kernel_cache_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static int by_name(const void *left, const void *right)
{
	const struct kernel_cache_row *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	/* For equal names addresses give a lasting order; that of the first sight would change. */
	return order ? order : (a->address > b->address) - (a->address < b->address);
}

static void copy_row(const struct kernel_memory *c, uint32_t slot, uint64_t address,
		     struct kernel_cache_row *to)
{
	to->slot = slot;
	to->skipped = c->cache[slot].skipped;
	to->address = address;
	to->object_size = c->cache[slot].object_size;
	memcpy(to->name, (const void *)c->cache[slot].name, sizeof(to->name));
	to->name[sizeof(to->name) - 1] = '\0';
}

int kernel_cache_table_read(const struct kernel_programs *programs, struct kernel_cache_table *to)
{
	const struct kernel_memory *c;

	*to = (struct kernel_cache_table){0};
	if (!programs)
		return 0;
	c = kernel_programs_memory(programs);
	to->row = calloc(c->slots, sizeof(*to->row));
	if (!to->row)
		return -ENOMEM;
	for (uint32_t slot = 0; slot < c->slots; slot++) {
		uint64_t address = c->slot_keys[slot];
		struct kernel_look look = {0};
		struct kernel_cache_row *row;

		if (!__atomic_load_n(&c->cache[slot].ready, __ATOMIC_ACQUIRE) ||
		    address == KERNEL_RETIRED)
			continue;
		row = &to->row[to->nr_rows++];
		copy_row(c, slot, address, row);
		row->looked = !row->skipped && address != KERNEL_LARGE &&
			      kernel_programs_look(programs, slot, &look);
		row->cached = look.cached;
		row->gone = look.retired;
	}
	qsort(to->row, to->nr_rows, sizeof(*to->row), by_name);
	return 0;
}

static int comes_before(const void *element, const void *name)
{
	return strncmp(((const struct kernel_cache_row *)element)->name, name,
		       KERNEL_NAME_MAX - 1) < 0;
}

struct kernel_cache_row *kernel_cache_table_find(struct kernel_cache_table *table, const char *name,
						 uint64_t object_size)
{
	size_t first = array_lower_bound(table->row, table->nr_rows, sizeof(*table->row), name,
					 comes_before);

	for (size_t i = first; i < table->nr_rows; i++) {
		struct kernel_cache_row *row = &table->row[i];

		if (strncmp(row->name, name, KERNEL_NAME_MAX - 1))
			break;
		if (row->taken || row->gone || row->object_size > object_size)
			continue;
		row->taken = true;
		return row;
	}
	return NULL;
}

void kernel_cache_table_free(struct kernel_cache_table *table)
{
	free(table->row);
	*table = (struct kernel_cache_table){0};
}
