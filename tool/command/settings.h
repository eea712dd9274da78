/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * settings.h: what the user wants to find again: a file of lines "key = value" in his configuration
 * directory, which slabscope itself writes.
 */
#ifndef SLABSCOPE_SETTINGS_H
#define SLABSCOPE_SETTINGS_H

#include "base/failure.h"
#include "screen/ui.h"

/* Puts the file's path into to. Returns 0 or -ENOENT: there is no home to keep it in. */
int settings_path(char *to, size_t size);

/*
 * Applies the file at path to ui. A line that makes no sense is left out, and the first one of them is
 * named in f; the others count. No file is no failure. Returns 0, or the negative errno of a file that
 * cannot be read.
 */
int settings_read(const char *path, struct ui *ui, struct failure *f);

/* Writes them, and the directories on the way. Returns 0 or a negative errno; the file that was there
 * is then as it was. */
int settings_write(const char *path, const struct ui *ui, struct failure *f);

#endif
