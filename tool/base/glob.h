/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* glob.h: names that a list of globs chooses, such as "kmalloc-*". */
#ifndef SLABSCOPE_GLOB_H
#define SLABSCOPE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Returns whether a glob of the list matches the name. NULL ends the list; no list chooses all. */
bool glob_chooses(const char *const *list, const char *name);

/*
 * Returns the length of the first glob of a text with commas between globs. After a backslash, a
 * comma belongs to the glob.
 */
size_t glob_length(const char *text);

#endif
