/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* glob.h: names that a list of globs chooses, such as "kmalloc-*". */
#ifndef SLABSCOPE_GLOB_H
#define SLABSCOPE_GLOB_H

#include <stdbool.h>

/* Returns whether a glob of the list matches the name. NULL ends the list; no list chooses all. */
bool glob_chooses(const char *const *list, const char *name);

#endif
