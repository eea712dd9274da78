// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One benchmark of one allocator: prints nanoseconds per object (one allocation and one free), the
 * median of several repeats. run.py starts it for libslab and, with LD_PRELOAD, for each peer.
 *
 *	alloc slab|malloc pair|burst32|burst1000|handover
 *
 * Exit status 3: somebody traced libslab meanwhile, so that the figure is not its own.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "slab.h"

#ifdef SLAB_NO_INLINE /* its work is hits, which have no probe */
#define TRACED false
#else
#include "probes.h"
#define OR_ENABLED(name) || PROBE_ENABLED(name)
#define TRACED		 (false SLAB_PROBES(OR_ENABLED))
#endif

#define SIZE	64
#define REPEATS 9
#define RING	1024

static struct kmem_cache *cachep;
static bool use_slab;

/* Always a clock of what the work itself ran, so that others on this machine do not count. */
static double now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* The object is used, and the compiler cannot see by whom, so that no call can be left out. */
static inline void use(void *objp)
{
	*(volatile char *)objp = 1;
	__asm__ __volatile__("" : : "r"(objp) : "memory");
}

static void slab_bursts(void **v, unsigned burst, unsigned long rounds)
{
	while (rounds--) {
		for (unsigned i = 0; i < burst; i++) {
			v[i] = kmem_cache_alloc(cachep, 0);
			use(v[i]);
		}
		for (unsigned i = 0; i < burst; i++)
			kmem_cache_free(cachep, v[i]);
	}
}

static void malloc_bursts(void **v, unsigned burst, unsigned long rounds)
{
	while (rounds--) {
		for (unsigned i = 0; i < burst; i++) {
			v[i] = malloc(SIZE);
			use(v[i]);
		}
		for (unsigned i = 0; i < burst; i++)
			free(v[i]);
	}
}

/* Each object is freed before the next one is asked for: the hit and nothing else. */
static double pairs(void)
{
	unsigned long rounds = 400000;
	double began = now(CLOCK_THREAD_CPUTIME_ID);

	if (use_slab)
		for (unsigned long i = 0; i < rounds; i++) {
			void *objp = kmem_cache_alloc(cachep, 0);

			use(objp);
			kmem_cache_free(cachep, objp);
		}
	else
		for (unsigned long i = 0; i < rounds; i++) {
			void *objp = malloc(SIZE);

			use(objp);
			free(objp);
		}
	return (now(CLOCK_THREAD_CPUTIME_ID) - began) / (double)rounds;
}

static double bursts(unsigned burst)
{
	unsigned long rounds = 400000 / burst;
	static void *v[1000];
	double began = now(CLOCK_THREAD_CPUTIME_ID);

	(use_slab ? slab_bursts : malloc_bursts)(v, burst, rounds);
	return (now(CLOCK_THREAD_CPUTIME_ID) - began) / (double)(rounds * burst);
}

/*
 * One thread allocates, another frees; between them is a ring with one writer and one reader. A
 * thread that waits spins, and after a while yields its CPU, which the other thread may need. The
 * result is the time of both threads.
 */
static void *ring[RING];
static uint64_t written __attribute__((aligned(64))), read_ __attribute__((aligned(64)));
static const uint64_t handovers = 200000;

static void wait_until(const uint64_t *count, uint64_t least)
{
	for (unsigned spins = 0; __atomic_load_n(count, __ATOMIC_ACQUIRE) < least; spins++) {
		if (spins < 100)
			__builtin_ia32_pause();
		else
			sched_yield();
	}
}

static void *consumer(void *unused)
{
	for (uint64_t at = 0; at < handovers; at++) {
		wait_until(&written, at + 1);
		if (use_slab)
			kmem_cache_free(cachep, ring[at % RING]);
		else
			free(ring[at % RING]);
		__atomic_store_n(&read_, at + 1, __ATOMIC_RELEASE);
	}
	return unused;
}

static double handover(void)
{
	pthread_t thread;
	double began;

	written = read_ = 0;
	began = now(CLOCK_PROCESS_CPUTIME_ID);
	pthread_create(&thread, NULL, consumer, NULL);
	for (uint64_t at = 0; at < handovers; at++) {
		void *objp = use_slab ? kmem_cache_alloc(cachep, 0) : malloc(SIZE);

		use(objp);
		if (at >= RING)
			wait_until(&read_, at - RING + 1);
		ring[at % RING] = objp;
		__atomic_store_n(&written, at + 1, __ATOMIC_RELEASE);
	}
	pthread_join(thread, NULL);
	return (now(CLOCK_PROCESS_CPUTIME_ID) - began) / (double)handovers;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double once(const char *work)
{
	if (!strcmp(work, "pair"))
		return pairs();
	if (!strcmp(work, "burst32"))
		return bursts(32);
	if (!strcmp(work, "burst1000"))
		return bursts(1000);
	if (!strcmp(work, "handover"))
		return handover();
	fprintf(stderr, "alloc: unknown work \"%s\"\n", work);
	exit(2);
}

int main(int argc, char **argv)
{
	double ns[REPEATS];
	bool traced = TRACED;

	if (argc != 3) {
		fprintf(stderr, "usage: alloc slab|malloc pair|burst32|burst1000|handover\n");
		return 2;
	}
	use_slab = !strcmp(argv[1], "slab");
	if (use_slab)
		cachep = kmem_cache_create("bench", SIZE, 0, 0, NULL);
	once(argv[2]);
	for (int i = 0; i < REPEATS; i++) {
		ns[i] = once(argv[2]);
		traced |= TRACED;
	}
	qsort(ns, REPEATS, sizeof(*ns), compare);
	printf("%.3f\n", ns[REPEATS / 2]);
	return traced ? 3 : 0;
}
