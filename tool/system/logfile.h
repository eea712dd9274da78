/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* logfile.h: intervals as JSON in a file of limited size. */
#ifndef SLABSCOPE_LOGFILE_H
#define SLABSCOPE_LOGFILE_H

#include <stddef.h>
#include <stdint.h>

#include "system/safe_path.h"

#define LOGFILE_MAX_SIZE (64ull << 20) /* the default */

struct logfile {
	const char *path;    /* the caller's */
	struct safe_path at; /* if fd >= 0 */
	int fd;
	uint64_t size, max_size;
};

/* Opens the file to append to it. Returns 0 or a negative errno. */
int logfile_open(struct logfile *l, const char *path, uint64_t max_size, struct failure *f);

/*
 * Appends a line. If the file would grow beyond max_size, it first becomes PATH.1 and replaces an
 * older PATH.1. So both together hold at most twice max_size, except for a single longer line.
 * Returns 0 or a negative errno.
 */
int logfile_write(struct logfile *l, const char *line, size_t length, struct failure *f);

void logfile_close(struct logfile *l);

#endif
