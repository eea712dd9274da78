/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * live_objects.h: which objects are allocated, in a recording that may lack events. If an address
 * is allocated again, or freed in another cache, the recording lacks its free. Most likely that
 * free came shortly before.
 */
#ifndef SLABSCOPE_LIVE_OBJECTS_H
#define SLABSCOPE_LIVE_OBJECTS_H

#include "replay/object_map.h"

/*
 * The objects that stand for recorded ones: the owner of one, and how to free one whose free was
 * not recorded.
 */
struct live_objects {
	const void *(*owner)(const void *object, void *arg);
	void (*close)(void *object, unsigned cpu, void *arg);
};

/* Prepares for an allocation at the address. */
static inline void live_objects_alloc(const struct live_objects *l, struct object_map *m,
				      uint64_t address, unsigned cpu, void *arg)
{
	void *object = object_map_take(m, address);

	if (object)
		l->close(object, cpu, arg);
}

/*
 * Frees the address. Returns the object that stands for it, or NULL: it is older than the
 * recording.
 */
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
