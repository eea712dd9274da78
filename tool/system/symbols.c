// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* symbols.c: a table sorted by address; the names are in one block. */
#include "system/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "system/kallsyms.h"

#define FUNCTION_MAX (1u << 20) /* no function is longer */

struct symbol {
	uint64_t address;
	uint32_t name; /* offset into names */
	bool core;
};

struct symbols {
	unsigned users;	       /* in any thread */
	struct symbol *symbol; /* ascending */
	size_t nr, room;
	char *names;
	size_t used, names_room;
};

static int add_symbol(struct symbols *s, const struct kallsym *from)
{
	size_t bytes = strlen(from->name) + 1;

	if (array_reserve(&s->symbol, s->nr + 1, &s->room, sizeof(*s->symbol)) ||
	    array_reserve(&s->names, s->used + bytes, &s->names_room, 1))
		return -ENOMEM;
	s->symbol[s->nr++] = (struct symbol){from->address, s->used, !*from->module};
	memcpy(s->names + s->used, from->name, bytes);
	s->used += bytes;
	return 0;
}

/* Adds functions but those of BPF, which come and go. */
static int add(struct symbols *s, const struct kallsym *symbol)
{
	if (!symbol->address || !strchr("tTwW", symbol->type) || !strcmp(symbol->module, "[bpf]"))
		return 0;
	return add_symbol(s, symbol);
}

static int by_address(const void *left, const void *right)
{
	const struct symbol *a = left, *b = right;

	if (a->address != b->address)
		return a->address > b->address ? 1 : -1;
	return (a->name > b->name) - (a->name < b->name); /* as they stood */
}

struct symbols *symbols_read(FILE *from)
{
	struct symbols *s = calloc(1, sizeof(*s));
	struct kallsym symbol;
	int err = s ? 0 : -ENOMEM;

	while (!err && kallsyms_next(from, &symbol))
		err = add(s, &symbol);
	if (!err && ferror(from))
		err = -EIO;
	if (!err && !s->nr)
		err = -EPERM;
	if (err) {
		if (s)
			s->users = 1;
		symbols_drop(s);
		errno = -err;
		return NULL;
	}
	qsort(s->symbol, s->nr, sizeof(*s->symbol), by_address);
	s->users = 1;
	return s;
}

struct symbols *symbols_hold(struct symbols *s)
{
	if (s)
		__atomic_add_fetch(&s->users, 1, __ATOMIC_RELAXED);
	return s;
}

void symbols_drop(struct symbols *s)
{
	if (!s || __atomic_sub_fetch(&s->users, 1, __ATOMIC_ACQ_REL))
		return;
	free(s->symbol);
	free(s->names);
	free(s);
}

static int is_at_or_before(const void *element, const void *key)
{
	return ((const struct symbol *)element)->address <= *(const uint64_t *)key;
}

bool symbols_find(const struct symbols *s, uint64_t address, struct symbol_place *to)
{
	size_t behind = s ? array_lower_bound(s->symbol, s->nr, sizeof(*s->symbol), &address,
					      is_at_or_before)
			  : 0;
	const struct symbol *found;

	if (!behind)
		return false;
	found = &s->symbol[behind - 1];
	if (address - found->address >= FUNCTION_MAX)
		return false;
	to->name = s->names + found->name;
	to->offset = address - found->address;
	to->core = found->core;
	return true;
}

const char *symbols_text(const struct symbols *s, uint64_t address, char *to, size_t size)
{
	struct symbol_place place;

	if (symbols_find(s, address, &place))
		snprintf(to, size, "%s+0x%" PRIx64, place.name, place.offset);
	else
		snprintf(to, size, "0x%" PRIx64, address);
	return to;
}
