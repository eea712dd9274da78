// SPDX-License-Identifier: MIT
/*
 * caches.c: the list of all caches of the process.
 */
#include "caches.h"

#include "registry.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kmem_cache *first;
/* How often this thread has taken the lock. */
static __thread unsigned mine __attribute__((tls_model("initial-exec")));

struct kmem_cache *caches_lock_all(void)
{
	if (!mine++)
		pthread_mutex_lock(&lock);
	return first;
}

void caches_unlock_all(void)
{
	if (!--mine)
		pthread_mutex_unlock(&lock);
}

struct kmem_cache *caches_first(void)
{
	return first;
}

bool caches_locked_here(void)
{
	return mine;
}

void caches_add(struct kmem_cache *cachep)
{
	caches_lock_all();
	registry_add(cachep);
	cachep->next = first;
	first = cachep;
	caches_unlock_all();
}

void caches_remove(struct kmem_cache *cachep)
{
	struct kmem_cache **link;

	caches_lock_all();
	for (link = &first; *link != cachep; link = &(*link)->next)
		BUG_ON(!*link);
	*link = cachep->next;
	registry_remove(cachep);
	caches_unlock_all();
}
