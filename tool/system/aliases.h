/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * aliases.h: the names that mean one cache. SLUB merges similar caches and keeps the name of the
 * first. /sys/kernel/slab has a link for each of the others.
 */
#ifndef SLABSCOPE_ALIASES_H
#define SLABSCOPE_ALIASES_H

#include <stdbool.h>
#include <stddef.h>

struct alias {
	char name[64];
	char cache[64]; /* the target of the link: all names of a cache have the same */
};

struct aliases {
	bool known;
	struct alias *alias; /* ascending by cache, then by name */
	size_t nr;
};

/*
 * Reads a directory like /sys/kernel/slab. Aliases are unknown where it cannot be read; SLAB has no
 * such directory. Returns 0 or -ENOMEM. The caller frees them with aliases_free().
 */
int aliases_read(struct aliases *to, const char *directory);
void aliases_free(struct aliases *a);

/*
 * Returns the other names of a cache, one a line, as a string that the caller frees; "" where it
 * has none. NULL: no memory.
 */
char *aliases_of(const struct aliases *a, const char *name);

#endif
