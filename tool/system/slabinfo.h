/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* slabinfo.h: /proc/slabinfo, the kernel's table of its caches, as numbers. */
#ifndef SLABSCOPE_SLABINFO_H
#define SLABSCOPE_SLABINFO_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

struct slabinfo_row {
	char name[64]; /* cut where it is longer */
	uint64_t active_objects, objects, object_size, slab_objects, slab_pages;
	uint64_t limit, batchcount, shared_factor; /* SLAB; 0 where there are no such tunables */
	uint64_t active_slabs, slabs, shared_avail;
};

struct slabinfo {
	struct slabinfo_row *row;
	size_t nr_rows;
};

/*
 * Parses the text of the file: length bytes, not necessarily terminated. The caller frees the
 * result with slabinfo_free(). Returns 0, -ENOMEM, or -EPROTO for a text that is not slabinfo 2.x;
 * the failure then names the line, and the result is empty.
 */
int slabinfo_parse(const char *text, size_t length, struct slabinfo *to, struct failure *f);

/* Reads and parses the file at path. Also returns the negative errno of a failed open or read. */
int slabinfo_read(const char *path, struct slabinfo *to, struct failure *f);

void slabinfo_free(struct slabinfo *s);

#endif
