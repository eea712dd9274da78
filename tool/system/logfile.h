/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* logfile.h: rounds of JSON in a file that does not grow for ever. */
#ifndef SLABSCOPE_LOGFILE_H
#define SLABSCOPE_LOGFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define LOGFILE_MAX_SIZE (64ull << 20) /* unless another one is wanted */

struct logfile {
	const char *path; /* the caller's */
	int fd;
	uint64_t size, max_size;
};

/* Opens the file to append to it. 0 or a negative errno. */
int logfile_open(struct logfile *l, const char *path, uint64_t max_size, struct failure *f);

/*
 * Appends a line. Where it would make the file larger than max_size, the file becomes PATH.1 first,
 * instead of the one that was there, so that both never hold more than twice of it (but for a line that
 * is larger than that by itself). 0 or a negative errno.
 */
int logfile_write(struct logfile *l, const char *line, size_t length, struct failure *f);

void logfile_close(struct logfile *l);

#endif
