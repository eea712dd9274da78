// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * steps.c: single steps of libslab, one scenario a run, on one CPU, so that a tracer sees
 * the same each time. docs/refill.md uses them.
 *
 *	steps chain|failed|alien|tune|kmalloc
 */
#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slab.h"

static struct kmem_cache *cachep;
static void *live[1000];
static size_t nr;

static void make(size_t size, unsigned flags)
{
	cachep = kmem_cache_create("steps", size, 0, flags, NULL);
	if (!cachep)
		err(1, "kmem_cache_create");
}

static void take(size_t n, unsigned flags)
{
	for (void *objp; n && (objp = kmem_cache_alloc(cachep, flags)); n--)
		live[nr++] = objp;
}

static void give_all(void)
{
	while (nr)
		kmem_cache_free(cachep, live[--nr]);
}

static void statistics(void)
{
	struct kmem_cache_stats s;

	kmem_cache_get_stats(cachep, &s);
	printf("allocations %lu active %lu high %lu grown %lu reaped %lu errors %lu\n",
	       s.num_allocations, s.num_active, s.high_mark, s.grown, s.reaped, s.errors);
	printf("max freeable %lu node allocs %lu node frees %lu node overflow %lu\n",
	       s.max_freeable, s.node_allocs, s.node_frees, s.node_overflow);
	printf("alloc hit %lu alloc miss %lu free hit %lu free miss %lu\n", s.allochit, s.allocmiss,
	       s.freehit, s.freemiss);
}

/* Keeps free objects as a chain of bufctls, of two bytes each. */
static void chain(void)
{
	make(64, SLAB_BUFCTL | SLAB_NO_SHARED);
	take(150, 0);
	slab_slabinfo(stdout);
	give_all();
}

/* Uses up the memory; the emergency reserve then still serves SLAB_MEMALLOC. */
static void failed(void)
{
	make(1024, SLAB_NO_SHARED | SLAB_ON_SLAB);
	slab_set_limit(64 << 10, 32 << 10);
	take(1000, 0);
	printf("%zu objects, then NULL\n", nr);
	take(1, SLAB_MEMALLOC);
	printf("%zu with the reserve\n", nr);
	statistics();
	give_all();
}

/* Frees objects of another node: run it with SLAB_NODES=2. */
static void alien(void)
{
	make(64, 0);
	while (nr < 300 && (live[nr] = kmem_cache_alloc_node(cachep, 0, 1)))
		nr++;
	give_all();
	statistics();
}

static void tune(void)
{
	int failed;

	make(64, SLAB_NO_SHARED);
	take(100, 0);
	failed = slab_slabinfo_write("steps 20 10 0");
	if (failed)
		errx(1, "slab_slabinfo_write: %s", strerror(-failed));
	take(100, 0);
	slab_slabinfo(stdout);
	give_all();
}

static void sizes(void)
{
	for (size_t size = 1; size <= 20000; size = size * 3 / 2 + 1) {
		void *objp = kmalloc(size, 0);

		printf("kmalloc(%zu): %zu bytes\n", size, ksize(objp));
		kfree(objp);
	}
	slab_slabinfo(stdout);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} scenario[] = {
		{"chain", chain}, {"failed", failed}, {"alien", alien},
		{"tune", tune},	  {"kmalloc", sizes},
	};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (size_t i = 0; argc == 2 && i < sizeof(scenario) / sizeof(*scenario); i++)
		if (!strcmp(argv[1], scenario[i].name)) {
			scenario[i].run();
			return 0;
		}
	fprintf(stderr, "usage: steps chain|failed|alien|tune|kmalloc\n");
	return 2;
}
