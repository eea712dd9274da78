// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pairs.c: allocates and frees in pairs, in bursts with pauses between them, in which a recorder
 * may empty its rings. Prints the median of the processor time of a pair, in nanoseconds.
 * Usage: pairs BURSTS PAIRS PAUSE_US DEPTH [malloc]: the calls are nested so deeply; with malloc,
 * from the C library. Exit status 3: a tracer has used libslab's probes.
 */
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "slab.h"

#ifdef SLAB_NO_INLINE
#define TRACED false /* the semaphores are the library's own */
#else
extern volatile unsigned short slab_alloc_semaphore, slab_free_semaphore;
#define TRACED (slab_alloc_semaphore || slab_free_semaphore)
#endif

static struct kmem_cache *cache;
static bool from_malloc;

static double used_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void pair_of_slab(void)
{
	void *objp = kmem_cache_alloc(cache, 0);

	__asm__ __volatile__("" : "+r"(objp));
	if (objp)
		kmem_cache_free(cache, objp);
}

static void pair_of_malloc(void)
{
	void *at = malloc(64);

	__asm__ __volatile__("" : "+r"(at));
	free(at);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Runs a burst so many calls further down. */
__attribute__((noinline)) static void burst(unsigned pairs, unsigned depth)
{
	if (depth) {
		burst(pairs, depth - 1);
		__asm__ __volatile__(""); /* no tail call */
		return;
	}
	while (pairs--) {
		if (from_malloc)
			pair_of_malloc();
		else
			pair_of_slab();
	}
}

int main(int argc, char **argv)
{
	unsigned bursts = argc > 1 ? (unsigned)atoi(argv[1]) : 50;
	unsigned pairs = argc > 2 ? (unsigned)atoi(argv[2]) : 2000;
	unsigned pause_us = argc > 3 ? (unsigned)atoi(argv[3]) : 20000;
	unsigned depth = argc > 4 ? (unsigned)atoi(argv[4]) : 0;
	double *ns = calloc(bursts ? bursts : 1, sizeof(*ns));
	bool traced = TRACED;

	from_malloc = argc > 5;
	cache = kmem_cache_create("pairs", 64, 0, 0, NULL);
	if (!cache || !ns || !bursts || !pairs)
		errx(1, "usage: pairs BURSTS PAIRS PAUSE_US DEPTH [malloc], with memory");
	for (unsigned i = 0; i < bursts; i++) {
		double began = used_ns();

		burst(pairs, depth);
		ns[i] = (used_ns() - began) / pairs;
		usleep(pause_us);
		traced |= TRACED;
	}
	qsort(ns, bursts, sizeof(*ns), compare);
	printf("%.2f\n", ns[bursts / 2]);
	free(ns);
	return traced ? 3 : 0;
}
