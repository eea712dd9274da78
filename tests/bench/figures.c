// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Figures of libslab that have no peer:
 *
 *	figures memory       the overhead of full slabs of 64-byte objects, in percent, with an
 *	                     index array and with a bufctl chain; the resident bytes of an idle
 *	                     cache for 64 CPUs, two of which were used
 *	figures cpus N       nanoseconds an object, with N made-up CPUs in turn: bursts of 200 each
 *	figures floor LIB    nanoseconds of a pair of calls into a shared library that do nothing
 */
#include <dlfcn.h>
#include <string.h>
#include <time.h>

#include "../unit/alloc_resident.h"
#include "virtual.h"

#define SIZE	64
#define SLABS	200
#define BURST	200
#define REPEATS 15

static double overhead(unsigned flags)
{
	struct slab_topology t = {.cpus = 1, .nodes = 1, .limit = 1, .batchcount = 1};
	struct kmem_cache *cachep = slab_virtual_create("over", SIZE, 0, flags, NULL, &t);
	unsigned long pages = pages_used();
	size_t want = (size_t)SLABS * (cachep ? cachep->num : 0);

	if (!cachep)
		abort();
	for (size_t nr = 0; nr < want; nr++)
		if (!slab_virtual_alloc(cachep, 0, 0))
			abort();
	if (get_node(cachep, 0)->slabs_full.count != SLABS)
		abort();
	pages = pages_used() - pages;
	return 100.0 *
	       ((double)pages * (SLAB_PAGE_SIZE + sizeof(struct slab)) / (double)(want * SIZE) - 1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* The same number of operations whatever the number of CPUs. */
static double once(struct kmem_cache *cachep, int cpus)
{
	static void *live[BURST];
	unsigned long bursts = 5000;
	double began = now();

	for (unsigned long i = 0; i < bursts; i++) {
		int cpu = (int)(i % (unsigned)cpus);

		for (int k = 0; k < BURST; k++)
			live[k] = slab_virtual_alloc(cachep, 0, cpu);
		for (int k = 0; k < BURST; k++)
			slab_virtual_free(cachep, live[k], cpu);
	}
	return (now() - began) / (double)(bursts * BURST);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double made_up_cpus(int cpus)
{
	struct slab_topology t = {.cpus = (unsigned)cpus,
				  .nodes = 1,
				  .limit = 120,
				  .batchcount = 60,
				  .sharedfactor = 8};
	struct kmem_cache *cachep = slab_virtual_create("cpus", SIZE, 0, 0, NULL, &t);
	double ns[REPEATS];

	if (!cachep)
		abort();
	once(cachep, cpus);
	for (int i = 0; i < REPEATS; i++)
		ns[i] = once(cachep, cpus);
	qsort(ns, REPEATS, sizeof(*ns), compare);
	return ns[REPEATS / 2];
}

static double empty_calls(const char *library)
{
	void *so = dlopen(library, RTLD_NOW);
	void *(*volatile alloc)(void *, unsigned) = NULL;
	void (*volatile free_)(void *, void *) = NULL;
	unsigned long rounds = 400000;
	double ns[REPEATS];
	static char object[SIZE];

	if (!so)
		abort();
	*(void **)&alloc = dlsym(so, "empty_alloc");
	*(void **)&free_ = dlsym(so, "empty_free");
	for (int r = 0; r < REPEATS; r++) {
		double began = now();

		for (unsigned long i = 0; i < rounds; i++) {
			char *objp = alloc(object, 0);

			*(volatile char *)objp = 1;
			free_(object, objp);
		}
		ns[r] = (now() - began) / (double)rounds;
	}
	qsort(ns, REPEATS, sizeof(*ns), compare);
	return ns[REPEATS / 2];
}

int main(int argc, char **argv)
{
	unsigned used;

	if (argc == 2 && !strcmp(argv[1], "memory")) {
		printf("%.2f %.2f ", overhead(0), overhead(SLAB_BUFCTL));
		printf("%zu\n", resident_idle(&used));
	} else if (argc == 3 && !strcmp(argv[1], "cpus") && atoi(argv[2]) > 0) {
		printf("%.3f\n", made_up_cpus(atoi(argv[2])));
	} else if (argc == 3 && !strcmp(argv[1], "floor")) {
		printf("%.3f\n", empty_calls(argv[2]));
	} else {
		fprintf(stderr, "usage: figures memory | figures cpus N | figures floor LIBRARY\n");
		return 2;
	}
	return 0;
}
