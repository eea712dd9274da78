/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * object_map.h: from the address that an object had while it was recorded to the object that stands for it
 * now. A slot is 8 bytes: part of the address' hash, and where the object lies; the whole address is kept
 * in the object's own first 8 bytes. The table is at least 64 % full once it has grown: at most 12.5 bytes
 * an object that lives, at its peak.
 */
#ifndef SLABSCOPE_OBJECT_MAP_H
#define SLABSCOPE_OBJECT_MAP_H

#include <stddef.h>
#include <stdint.h>

struct object_map {
	uint64_t *slot; /* in the order of the hashes, each at its home or behind it; 0: free */
	size_t homes, room, nr;
	char *base; /* all objects are within SLAB_RANGE_MAX of it */
};

/* 0 or -ENOMEM. A map that is all zero is an empty one, too. */
int object_map_put(struct object_map *m, uint64_t address,
		   void *object); /* which must not be there */

/* Takes the address out. Returns its object, or NULL where it is not there. */
void *object_map_take(struct object_map *m, uint64_t address);

/* Takes any object out; NULL when it is empty. */
void *object_map_take_any(struct object_map *m, size_t *from);

/* Brings the address' place into the processor's cache. */
void object_map_prefetch(const struct object_map *m, uint64_t address);

size_t object_map_bytes(const struct object_map *m);
void object_map_free(struct object_map *m);

#endif
