/* SPDX-License-Identifier: MIT */
/*
 * registry.h: libslab's side of slab_registry.h: enters caches into the table that observers read.
 */
#ifndef SLAB_REGISTRY_INTERNAL_H
#define SLAB_REGISTRY_INTERNAL_H

#include "structs.h"

extern struct slab_registry slab_registry __attribute__((visibility("hidden")));

/* Fills in the head of the table. */
void registry_init(enum slab_backend backend);

/* Gives the cache its id, and an entry if there is a free one; caller holds the list of caches. */
void registry_add(struct kmem_cache *cachep);

/* Brings the entry up to the cache's tunables. */
void registry_update(struct kmem_cache *cachep);
void registry_remove(struct kmem_cache *cachep);

/* Fires `totals` for each CPU that used the cache. */
void registry_fire_totals(struct kmem_cache *cachep);

#endif
