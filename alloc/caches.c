// SPDX-License-Identifier: MIT
/*
 * caches.c: the list of all caches of the process.
 */
#include "caches.h"

#include "registry.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kmem_cache *first;
static __thread bool mine __attribute__((tls_model("initial-exec"))); /* this thread has the lock */

void caches_add(struct kmem_cache *cachep)
{
	pthread_mutex_lock(&lock);
	registry_add(cachep);
	cachep->next = first;
	first = cachep;
	pthread_mutex_unlock(&lock);
}

void caches_remove(struct kmem_cache *cachep)
{
	struct kmem_cache **link;

	pthread_mutex_lock(&lock);
	for (link = &first; *link != cachep; link = &(*link)->next)
		BUG_ON(!*link);
	*link = cachep->next;
	registry_remove(cachep);
	pthread_mutex_unlock(&lock);
}

struct kmem_cache *caches_lock_all(void)
{
	pthread_mutex_lock(&lock);
	mine = true;
	return first;
}

void caches_unlock_all(void)
{
	mine = false;
	pthread_mutex_unlock(&lock);
}

bool caches_locked_here(void)
{
	return mine;
}
