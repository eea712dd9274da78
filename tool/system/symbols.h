/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * symbols.h: the names of the kernel's functions by their addresses, as /proc/kallsyms has them.
 * Some 3 MB; shared by whatever shows addresses, and freed with the last of its users.
 */
#ifndef SLABSCOPE_SYMBOLS_H
#define SLABSCOPE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct symbols;

/*
 * Reads functions from text of the format of /proc/kallsyms; modules' are marked. The caller is the
 * first user. NULL: out of memory, or all addresses are hidden (errno is ENOMEM, EPERM).
 */
struct symbols *symbols_read(FILE *from);

struct symbols *symbols_hold(struct symbols *s); /* one user more; NULL is passed through */
void symbols_drop(struct symbols *s);

struct symbol_place {
	const char *name; /* valid as long as the symbols */
	uint64_t offset;
	bool core; /* of the kernel itself, no module's */
};

/* False where no function is known to be there. */
bool symbols_find(const struct symbols *s, uint64_t address, struct symbol_place *to);

/* "name+0x12", or the address where it has no name; s may be NULL. Returns to. */
const char *symbols_text(const struct symbols *s, uint64_t address, char *to, size_t size);

#endif
