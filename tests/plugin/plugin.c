// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A plugin on libslab.so that tests/unit/alloc_plugin.c loads and unloads. It is built with
 * SLAB_NO_INLINE, because the kernel still reads the last sequence of a thread.
 */
#include <slab.h>

#include "plugin.h"

static struct kmem_cache *cachep;

int plugin_open(void)
{
	cachep = kmem_cache_create("plugin", 96, 0, 0, NULL);
	return cachep ? 0 : -1;
}

unsigned long plugin_work(unsigned long rounds)
{
	unsigned long done = 0;
	void *objp[200];

	for (; done < rounds; done++) {
		for (unsigned i = 0; i < 200; i++) {
			objp[i] = kmem_cache_alloc(cachep, 0);
			if (!objp[i])
				return done;
			*(unsigned *)objp[i] = i;
		}
		for (unsigned i = 0; i < 200; i++) {
			if (*(unsigned *)objp[i] != i)
				return done;
			kmem_cache_free(cachep, objp[i]);
		}
	}
	return done;
}

void plugin_close(void)
{
	kmem_cache_destroy(cachep);
}
