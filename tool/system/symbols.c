// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* symbols.c: a sorted table of addresses; names stand one after another in one block. */
#include "system/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "system/kallsyms.h"

#define FUNCTION_MAX (1u << 20) /* nothing is longer; what is farther away is something else */

struct symbol {
	uint64_t address;
	uint32_t name; /* offset into names */
	bool core;
};

struct symbols {
	unsigned users;	       /* in several threads */
	struct symbol *symbol; /* ascending */
	size_t nr, room;
	char *names;
	size_t used, names_room;
};

static int add_name(struct symbols *s, const char *name, size_t length)
{
	if (s->used + length + 1 > s->names_room) {
		size_t room = s->names_room ? 2 * s->names_room : 1 << 20;
		char *more = realloc(s->names, room);

		if (!more)
			return -ENOMEM;
		s->names = more;
		s->names_room = room;
	}
	memcpy(s->names + s->used, name, length);
	s->names[s->used + length] = 0;
	s->used += length + 1;
	return 0;
}

static int add_symbol(struct symbols *s, uint64_t address, const char *name, size_t length,
		      bool core)
{
	if (s->nr == s->room) {
		size_t room = s->room ? 2 * s->room : 1 << 15;
		struct symbol *more = reallocarray(s->symbol, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->symbol = more;
		s->room = room;
	}
	s->symbol[s->nr++] = (struct symbol){address, s->used, core};
	return add_name(s, name, length);
}

/* Functions; BPF's programs come and go, and are left out. */
static int add(struct symbols *s, const struct kallsym *symbol)
{
	if (!symbol->address || !strchr("tTwW", symbol->type) || !strcmp(symbol->module, "[bpf]"))
		return 0;
	return add_symbol(s, symbol->address, symbol->name, strlen(symbol->name), !*symbol->module);
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

bool symbols_find(const struct symbols *s, uint64_t address, struct symbol_place *to)
{
	size_t low = 0, high = s ? s->nr : 0;

	while (low < high) { /* the first one behind the address */
		size_t middle = (low + high) / 2;

		if (s->symbol[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - s->symbol[low - 1].address >= FUNCTION_MAX)
		return false;
	to->name = s->names + s->symbol[low - 1].name;
	to->offset = address - s->symbol[low - 1].address;
	to->core = s->symbol[low - 1].core;
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
