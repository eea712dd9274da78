/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * alloc_resident.h: measures the memory of an idle cache for 64 CPUs, two of them used.
 * Programs that include it are linked with --wrap=cpus_possible.
 */
#ifndef ALLOC_RESIDENT_H
#define ALLOC_RESIDENT_H

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node.h"
#include "percpu.h"

#define RESIDENT_CPUS 64
#define RESIDENT_USED 2
#define RESIDENT_LIVE 1000

unsigned __wrap_cpus_possible(void);
unsigned __wrap_cpus_possible(void)
{
	return RESIDENT_CPUS;
}

struct resident_use {
	struct kmem_cache *cachep;
	unsigned cpu;
};

/* Objects come and go in bursts on one CPU, so that its array fills, flushes and refills. */
static inline void *resident_use(void *arg)
{
	const struct resident_use *use = arg;
	void *live[RESIDENT_LIVE];
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(use->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < RESIDENT_LIVE; i++)
			if (!(live[i] = kmem_cache_alloc(use->cachep, 0)))
				abort();
		for (unsigned i = 0; i < RESIDENT_LIVE; i++)
			kmem_cache_free(use->cachep, live[i]);
	}
	return NULL;
}

/*
 * Returns how many pages are resident and private, by /proc/self/pagemap: mincore() also counts
 * the zero page, which a read of an untouched page maps.
 */
static inline size_t resident_bytes(const void *at, size_t bytes)
{
	const uint64_t present = 1ull << 63, exclusive = 1ull << 56;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)at / page;
	FILE *pagemap = fopen("/proc/self/pagemap", "re");
	uint64_t entry;
	size_t in = 0;

	if (!pagemap)
		abort();
	for (uintptr_t i = from; i * page < (uintptr_t)at + bytes; i++) {
		if (fseek(pagemap, (long)(i * sizeof(entry)), SEEK_SET) ||
		    fread(&entry, sizeof(entry), 1, pagemap) != 1)
			abort();
		in += (entry & present) && (entry & exclusive);
	}
	fclose(pagemap);
	return in * page;
}

/*
 * Returns the bytes of the cache's structures, shared array and slabs, after ageing. Sets *used
 * to the CPUs that have an array.
 */
static inline size_t resident_idle(unsigned *used)
{
	struct kmem_cache *cachep = kmem_cache_create("idle", 64, 0, 0, NULL);
	struct array_cache *shared;
	unsigned long pages = pages_used();
	size_t bytes;

	if (!cachep)
		abort();
	for (unsigned cpu = 0; cpu < RESIDENT_USED; cpu++) {
		struct resident_use use = {cachep, cpu};
		pthread_t thread;

		pthread_create(&thread, NULL, resident_use, &use);
		pthread_join(thread, NULL);
	}
	for (int pass = 0; pass < 200; pass++)
		slab_reap();
	*used = 0;
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		*used += percpu_used(cachep, (int)cpu);
	shared = get_node(cachep, 0)->shared;
	bytes = resident_bytes(cachep, cachep->mapped) +
		resident_bytes(shared, sizeof(*shared) + shared->limit * sizeof(void *)) +
		((pages_used() - pages) << SLAB_PAGE_SHIFT);
	kmem_cache_destroy(cachep);
	return bytes;
}

#endif
