/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* line.h: the first line of a file. */
#ifndef SLABSCOPE_LINE_H
#define SLABSCOPE_LINE_H

#include <stddef.h>

/* Reads the first line, without its newline. Returns 0 or a positive errno. */
int line_read(const char *path, char *to, size_t size);

#endif
