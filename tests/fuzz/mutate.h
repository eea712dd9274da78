/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* mutate.h: a good recording, and changes to one: of bytes, of events, of packets, of whole files. */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "files.h"

struct random {
	uint64_t state; /* not 0 */
};
uint64_t next_random(struct random *r);

/* With every kind of event in it, and always the same. */
void make_good(struct files *to, unsigned caches, unsigned events);

/* One change. */
void mutate(struct files *f, struct random *r);

/* As one piece, and back; the metadata stand there only where they are not those of good. */
size_t files_pack(const struct files *f, const struct files *good, uint8_t *to, size_t room);
void files_unpack(struct files *to, const struct files *good, const uint8_t *from, size_t size);

#endif
