/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * live_objects.h: which objects live, in a recording that did not see everything. An address that is given out while
 * somebody has it, or is freed as another cache's, was freed when nobody looked: most likely where its memory is given
 * out again.
 */
#ifndef SLABSCOPE_LIVE_OBJECTS_H
#define SLABSCOPE_LIVE_OBJECTS_H

#include "replay/object_map.h"

/* What stands for an object: whose it is, and what becomes of one that was freed unseen. */
struct live_objects {
	const void *(*owner)(const void *object, void *arg);
	void (*close)(void *object, unsigned cpu, void *arg);
};

/* The address is about to be given out. */
static inline void live_objects_alloc(const struct live_objects *l, struct object_map *m,
				      uint64_t address, unsigned cpu, void *arg)
{
	void *object = object_map_take(m, address);

	if (object)
		l->close(object, cpu, arg);
}

/* It is freed. Returns what stands for it, or NULL: it is older than the recording. */
static inline void *live_objects_free(const struct live_objects *l, struct object_map *m,
				      uint64_t address, const void *owner, unsigned cpu, void *arg)
{
	void *object = object_map_take(m, address);

	if (!object || l->owner(object, arg) == owner)
		return object;
	l->close(object, cpu, arg);
	return NULL;
}

#endif
