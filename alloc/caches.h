/* SPDX-License-Identifier: MIT */
/*
 * caches.h: the list of all caches of the process.
 */
#ifndef SLAB_CACHES_H
#define SLAB_CACHES_H

#include "structs.h"

/* Gives the cache an id, and adds it to the list and the registry. */
void caches_add(struct kmem_cache *cachep);

/* Takes the cache off the list and out of the registry. */
void caches_remove(struct kmem_cache *cachep);

/* Locks the list and returns its first cache; follow cachep->next. A thread may lock it twice. */
struct kmem_cache *caches_lock_all(void);
void caches_unlock_all(void);

/* Returns the first cache, where the list is locked, or there is no other thread. */
struct kmem_cache *caches_first(void);

/* Returns whether this thread has locked the list. */
bool caches_locked_here(void);

#endif
