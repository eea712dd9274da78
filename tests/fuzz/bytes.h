/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bytes.h: an input of any bytes, and changes of it. */
#ifndef FUZZ_BYTES_H
#define FUZZ_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "mutate.h"

#define BYTES_MAX 8192u

struct bytes {
	size_t size;
	uint8_t data[BYTES_MAX];
};

/* Sets the bytes to a text, or adds some; what does not fit is left out. */
void bytes_set(struct bytes *to, const char *text);
void bytes_add(struct bytes *to, const void *data, size_t size);

/* Makes one change. words, which NULL ends, are put in now and then. */
void bytes_mutate(struct bytes *b, const char *const *words, struct random *r);

/*
 * Writes the bytes to a file in memory, always the same one. Returns its descriptor; *path is its
 * path, unless path is NULL.
 */
int bytes_file(const struct bytes *from, const char **path);

#endif
