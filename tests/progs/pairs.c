// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pairs.c: allocates and frees in pairs, in bursts with pauses between them, in which a recorder
 * may empty its rings. Prints the median of the processor time of a pair, in nanoseconds.
 * Usage: pairs BURSTS PAIRS PAUSE_US.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "slab.h"

static double used_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	unsigned bursts = argc > 1 ? (unsigned)atoi(argv[1]) : 50;
	unsigned pairs = argc > 2 ? (unsigned)atoi(argv[2]) : 2000;
	unsigned pause_us = argc > 3 ? (unsigned)atoi(argv[3]) : 20000;
	struct kmem_cache *cache = kmem_cache_create("pairs", 64, 0, 0, NULL);
	double *ns = calloc(bursts ? bursts : 1, sizeof(*ns));

	if (!cache || !ns || !bursts || !pairs)
		errx(1, "usage: pairs BURSTS PAIRS PAUSE_US, with memory");
	for (unsigned i = 0; i < bursts; i++) {
		double began = used_ns();

		for (unsigned j = 0; j < pairs; j++) {
			void *objp = kmem_cache_alloc(cache, 0);

			__asm__ __volatile__(""
					     : "+r"(objp)); /* it may be NULL: libslab takes that */
			if (objp)
				kmem_cache_free(cache, objp);
		}
		ns[i] = (used_ns() - began) / pairs;
		usleep(pause_us);
	}
	qsort(ns, bursts, sizeof(*ns), compare);
	printf("%.2f\n", ns[bursts / 2]);
	free(ns);
	return 0;
}
