/* SPDX-License-Identifier: MIT */
/*
 * registry.h: enters caches into the table of slab_registry.h.
 */
#ifndef SLAB_REGISTRY_INTERNAL_H
#define SLAB_REGISTRY_INTERNAL_H

#include "structs.h"

extern struct slab_registry slab_registry __attribute__((visibility("hidden")));

/* Fills in the head of the table. */
void registry_init(enum slab_backend backend);

/* Gives the cache an id, and an entry if one is free. The list of caches is locked. */
void registry_add(struct kmem_cache *cachep);

/* Copies the tunables of the cache to its entry. */
void registry_update(struct kmem_cache *cachep);

/* Frees the entry of the cache. The list of caches is locked. */
void registry_remove(struct kmem_cache *cachep);

/* Fires `totals` for each CPU that used the cache. */
void registry_fire_totals(struct kmem_cache *cachep);

#endif
