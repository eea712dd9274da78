/* SPDX-License-Identifier: MIT */
/*
 * caches.h: the list of all caches, for those who walk it: fork and exit.
 */
#ifndef SLAB_CACHES_H
#define SLAB_CACHES_H

#include "cache.h"

/* Locks the list and returns its first cache; follow cachep->next. */
struct kmem_cache *caches_lock_all(void);
void caches_unlock_all(void);

/* Ageing's thread does not survive a fork(): the child gets its own. */
void reap_after_fork(void);

/* Makes libslab survive fork(): see fork.c. */
void fork_init(void);

#endif
