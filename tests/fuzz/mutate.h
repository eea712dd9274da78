/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* mutate.h: a good recording, and changes of its bytes, events, packets, and files. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "files.h"

struct random {
	uint64_t state; /* not 0 */
};
uint64_t next_random(struct random *r);

/* With every kind of event, and always the same. */
void make_good(struct files *to, unsigned caches, unsigned events);

/* Makes one change. */
void mutate(struct files *f, struct random *r);

/*
 * Packs the files into one piece, and unpacks them; with the metadata only where they differ from
 * those of good.
 */
size_t files_pack(const struct files *f, const struct files *good, uint8_t *to, size_t room);
void files_unpack(struct files *to, const struct files *good, const uint8_t *from, size_t size);

#endif
