/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * settings.h: the settings of the screen: a file of lines "key = value" in the user's configuration
 * directory, which slabscope reads and writes.
 */
#ifndef SLABSCOPE_SETTINGS_H
#define SLABSCOPE_SETTINGS_H

#include <stdio.h>

#include "base/failure.h"
#include "screen/ui.h"

/* Writes the path of the file into to. Returns 0, or -ENOENT without a home directory. */
int settings_path(char *to, size_t size);

/*
 * Applies the file at path to ui. It ignores lines that are not valid; f names the first of them,
 * and mistakes gets all, each on a line, unless it is NULL. A missing file is no failure. Returns
 * 0, or the negative errno of a file that cannot be read.
 */
int settings_read(const char *path, struct ui *ui, FILE *mistakes, struct failure *f);

/*
 * Writes the settings, and makes missing directories. Returns 0 or a negative errno; an existing
 * file then stays as it was.
 */
int settings_write(const char *path, const struct ui *ui, struct failure *f);

#endif
