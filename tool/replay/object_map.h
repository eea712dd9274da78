/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * object_map.h: from the address that an object had in the recording to the object that stands for
 * it. A slot has 8 bytes: a part of the hash of the address, and the place of the object. The
 * object keeps the whole address in its first 8 bytes. A table that has grown is at least 64 %
 * full: at most 12.5 bytes for each allocated object, at its peak.
 */
#ifndef SLABSCOPE_OBJECT_MAP_H
#define SLABSCOPE_OBJECT_MAP_H

#include <stddef.h>
#include <stdint.h>

struct object_map {
	uint64_t *slot; /* in the order of the hashes, each at its home or after it; 0: free */
	size_t homes, room, nr;
	char *base; /* all objects are within SLAB_RANGE_MAX of it */
};

/* Adds an address, which must not be in the map. A zeroed map is empty. Returns 0 or -ENOMEM. */
int object_map_put(struct object_map *m, uint64_t address, void *object);

/* Removes the address. Returns its object, or NULL where the map does not contain it. */
void *object_map_take(struct object_map *m, uint64_t address);

/* Removes any object. Returns it, or NULL where the map is empty. */
void *object_map_take_any(struct object_map *m, size_t *from);

/* Loads the slot of the address into the cache of the processor. */
void object_map_prefetch(const struct object_map *m, uint64_t address);

size_t object_map_bytes(const struct object_map *m);
void object_map_free(struct object_map *m);

#endif
