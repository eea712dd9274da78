/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * symbols.h: the names of the kernel's functions by address, as /proc/kallsyms has them. They take
 * 3 MB, are shared by all that shows addresses, and are freed with their last user.
 */
#ifndef SLABSCOPE_SYMBOLS_H
#define SLABSCOPE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct symbols;

/*
 * Reads functions from text in the format of /proc/kallsyms, and marks those of modules. The caller
 * is the first user. Returns NULL and sets errno: ENOMEM, or EPERM where all addresses are hidden.
 */
struct symbols *symbols_read(FILE *from);

struct symbols *symbols_hold(struct symbols *s); /* adds a user; NULL stays NULL */
void symbols_drop(struct symbols *s);

struct symbol_place {
	const char *name; /* valid as long as the symbols */
	uint64_t offset;
	bool core; /* of the kernel itself, not of a module */
};

/* Finds the function at an address. Returns false where none is known. */
bool symbols_find(const struct symbols *s, uint64_t address, struct symbol_place *to);

/*
 * Fills to with "name+0x12", or with the address where it has no name. s may be NULL. Returns to.
 */
const char *symbols_text(const struct symbols *s, uint64_t address, char *to, size_t size);

#endif
