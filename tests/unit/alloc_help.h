/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * alloc_help.h: shared by the tests of libslab. Include it last.
 */
#ifndef ALLOC_HELP_H
#define ALLOC_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "check.h"
#include "node.h"
#include "percpu.h"
#include "unwatched.h"
#include "virtual.h"

static inline void check(struct kmem_cache *cachep, void **live, size_t nr)
{
	struct slab_check c;

	slab_check(cachep, live, nr, &c);
	assert_string_equal(c.error, "");
	assert_int_equal(c.out, nr);
}

static inline uint64_t origin(struct kmem_cache *cachep, int cpu, enum slab_origin o)
{
	return cpu_counters(cachep, cpu)->origins[o];
}

static inline struct kmem_cache *make(size_t size, unsigned cpus, unsigned nodes, unsigned limit,
				      unsigned batchcount, unsigned sharedfactor)
{
	struct slab_topology t = {.cpus = cpus,
				  .nodes = nodes,
				  .limit = limit,
				  .batchcount = batchcount,
				  .sharedfactor = sharedfactor};
	struct kmem_cache *cachep = slab_virtual_create("test", size, 0, 0, NULL, &t);

	assert_non_null(cachep);
	return cachep;
}

/* Destroys a cache without objects, which must give all its pages back. */
static inline void unmake(struct kmem_cache *cachep, unsigned long pages)
{
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
	assert_int_equal(pages_used(), pages);
}

#endif
