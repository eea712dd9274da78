// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * stream.c: threads that allocate and free at random, in bursts, from a shared table, so that one
 * thread frees objects of another. With -x also bulk calls, shrinking, ageing and new tunables.
 * Prints {"ready": PID}, works, prints {"done": PID}, and waits until stdin ends.
 */
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "slab.h"

#define CACHES 5
#define SLOTS  4000

static const unsigned size[CACHES] = {24, 64, 200, 1024, 5000};
static struct kmem_cache *cache[CACHES];
static void *slot[CACHES][SLOTS];
static unsigned long ops = 100000;
static bool extras, wait_first;
static int threads = 1, cpus[64], nr_cpus;

static unsigned next_random(unsigned *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void turn(int c, void **at)
{
	void *object = __atomic_exchange_n(at, NULL, __ATOMIC_ACQ_REL);

	if (object) {
		kmem_cache_free(cache[c], object);
		return;
	}
	object = kmem_cache_alloc(cache[c], 0);
	if (!object)
		errx(1, "out of memory");
	object = __atomic_exchange_n(at, object, __ATOMIC_ACQ_REL);
	if (object)
		kmem_cache_free(cache[c], object);
}

/* Runs the calls that only one thread may make, and the rare ones. */
static void extra(unsigned what, int c)
{
	void *many[100];

	switch (what % 5) {
	case 0:
		if (kmem_cache_alloc_bulk(cache[c], 0, 100, many) != 100)
			errx(1, "out of memory");
		kmem_cache_free_bulk(cache[c], 100, many);
		break;
	case 1:
		kmem_cache_shrink(cache[c]);
		break;
	case 2:
		slab_reap();
		break;
	case 3:
		if (kmem_cache_tune(cache[c], 40 + what % 50, 20, what % 3 * 4))
			errx(1, "cannot tune");
		break;
	}
}

static void *work(void *arg)
{
	int number = (int)(intptr_t)arg;
	unsigned random = (unsigned)number + 1;
	cpu_set_t set;

	if (nr_cpus) {
		CPU_ZERO(&set);
		CPU_SET(cpus[number % nr_cpus], &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	for (unsigned long done = 0; done < ops;) {
		int c = (int)(next_random(&random) % CACHES);
		unsigned burst = next_random(&random) % 400, from = next_random(&random) % SLOTS;

		for (unsigned i = 0; i < burst; i++, done++)
			turn(c, &slot[c][random & 64 ? (from + i) % SLOTS
						     : next_random(&random) % SLOTS]);
		if (extras && next_random(&random) % 16 == 0)
			extra(next_random(&random), c);
	}
	return NULL;
}

static void wait_for_end(void)
{
	int c;

	fflush(stdout);
	while ((c = getchar()) != EOF && c != '\n')
		;
}

int main(int argc, char **argv)
{
	pthread_t thread[64];
	char name[32];
	int o;

	while ((o = getopt(argc, argv, "t:n:c:xw")) != -1) {
		if (o == 't')
			threads = atoi(optarg);
		else if (o == 'n')
			ops = strtoul(optarg, NULL, 0);
		else if (o == 'c' && nr_cpus < 64)
			cpus[nr_cpus++] = atoi(optarg);
		else if (o == 'x')
			extras = true;
		else if (o == 'w')
			wait_first = true;
	}
	if (threads < 1 || threads > 64)
		errx(2, "1 to 64 threads");
	for (int c = 0; c < CACHES; c++) {
		snprintf(name, sizeof(name), "stream-%u", size[c]);
		cache[c] = kmem_cache_create(name, size[c], 0, 0, NULL);
		if (!cache[c])
			err(1, "no cache");
	}
	if (wait_first) { /* with something in its arrays, and something in use */
		work(NULL);
		printf("{\"ready\": %d}\n", getpid());
		wait_for_end();
	} else {
		printf("{\"ready\": %d}\n", getpid());
	}
	for (int i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, work, (void *)(intptr_t)i))
			errx(1, "no thread");
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	printf("{\"done\": %d}\n", getpid());
	wait_for_end();
	return 0;
}
