/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * aliases.h: which names of caches mean one and the same cache. SLUB merges caches that are alike,
 * and keeps only the first one's name; /sys/kernel/slab has a link for each of the others, too.
 */
#ifndef SLABSCOPE_ALIASES_H
#define SLABSCOPE_ALIASES_H

#include <stdbool.h>
#include <stddef.h>

struct alias {
	char name[64];
	char cache[64]; /* what the link leads to: the same for all names of a cache */
};

struct aliases {
	bool known;
	struct alias *alias; /* ascending by cache, then by name */
	size_t nr;
};

/*
 * Reads a directory like /sys/kernel/slab. Where it cannot be read (SLAB has none) nothing is
 * known. 0 or -ENOMEM. What it fills is freed with aliases_free().
 */
int aliases_read(struct aliases *to, const char *directory);
void aliases_free(struct aliases *a);

/*
 * The other names of the cache that is called name, one a line: a string that the caller frees, ""
 * where it has none. NULL: no memory.
 */
char *aliases_of(const struct aliases *a, const char *name);

#endif
