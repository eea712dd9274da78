// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * family.c: a process and its children, one after the other, allocate and free at random. Each
 * prints {"pid": PID, "allocs": N, "frees": N}, what it did itself. With -u it first prints
 * {"ready": PID}, and works in bursts until a line comes.
 *
 *	-n OPS  -f CHILDREN  -c CACHES  -t THREADS  -k (kmalloc)  -b (bulk calls)
 *	-a (ageing between bulk calls)  -u
 */
#include <err.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slab.h"

#define CACHES	1100 /* more than the registry of libslab has room for */
#define SLOTS	600
#define THREADS 64

static struct kmem_cache *cache[CACHES];
static __thread void *slot[SLOTS];
static __thread unsigned short from[SLOTS];
static __thread unsigned long allocs, frees;
static unsigned long sum_allocs, sum_frees; /* of the threads that have ended */
static unsigned long ops = 20000;
static int caches = 3;
static bool by_kmalloc, in_bulk, ages;

static size_t size_of(int c)
{
	return 40 + (size_t)(c % 40) * 24;
}

static void *take(int c)
{
	void *object = by_kmalloc ? kmalloc(size_of(c), 0) : kmem_cache_alloc(cache[c], 0);

	if (!object)
		errx(1, "out of memory");
	return object;
}

static void give(int c, void *object)
{
	if (by_kmalloc)
		kfree(object);
	else
		kmem_cache_free(cache[c], object);
}

/* As many as ops, in calls of up to all slots. */
static void work_in_bulk(unsigned random)
{
	for (unsigned long done = 0; done < ops;) {
		int c, nr;

		random = random * 1664525 + 1013904223;
		nr = 1 + (int)((random >> 8) % SLOTS);
		c = (int)((random >> 20) % (unsigned)caches);
		if (kmem_cache_alloc_bulk(cache[c], 0, (size_t)nr, slot) != nr)
			errx(1, "out of memory");
		kmem_cache_free_bulk(cache[c], (size_t)nr, slot);
		allocs += (unsigned long)nr;
		frees += (unsigned long)nr;
		done += (unsigned long)nr;
		for (unsigned passes = ages ? (random >> 4) % 4 : 0; passes; passes--)
			slab_reap();
	}
}

static void work(unsigned long left, unsigned random)
{
	if (in_bulk) {
		work_in_bulk(random);
		return;
	}
	while (left--) {
		unsigned at;

		random = random * 1664525 + 1013904223;
		at = (random >> 8) % SLOTS;
		if (slot[at]) {
			give(from[at], slot[at]);
			slot[at] = NULL;
			frees++;
			continue;
		}
		from[at] = (unsigned short)((random >> 20) % (unsigned)caches);
		slot[at] = take(from[at]);
		allocs++;
	}
}

/* Allocates into all slots, and frees them: arrays run empty and full. */
static void burst(int c)
{
	for (int i = 0; i < SLOTS; i++)
		slot[i] = kmem_cache_alloc(cache[c], 0);
	for (int i = 0; i < SLOTS; i++)
		kmem_cache_free(cache[c], slot[i]);
	allocs += SLOTS;
	frees += SLOTS;
}

static void report(void)
{
	dprintf(1, "{\"pid\": %d, \"allocs\": %lu, \"frees\": %lu}\n", getpid(),
		allocs + sum_allocs, frees + sum_frees);
}

static void until_line(void)
{
	struct pollfd fd = {0, POLLIN, 0};

	dprintf(1, "{\"ready\": %d}\n", getpid());
	for (int i = 0; !poll(&fd, 1, 0); i++)
		burst(i % caches);
}

static void *thread(void *number)
{
	work(ops, (unsigned)(uintptr_t)number + 100);
	__atomic_fetch_add(&sum_allocs, allocs, __ATOMIC_RELAXED);
	__atomic_fetch_add(&sum_frees, frees, __ATOMIC_RELAXED);
	return NULL;
}

static void work_on_threads(int threads)
{
	pthread_t id[THREADS];

	for (int i = 0; i < threads; i++)
		if (pthread_create(&id[i], NULL, thread, (void *)(uintptr_t)i))
			errx(1, "no thread");
	for (int i = 0; i < threads; i++)
		pthread_join(id[i], NULL);
}

int main(int argc, char **argv)
{
	int children = 0, threads = 0, o;
	bool until = false;
	char name[32];

	while ((o = getopt(argc, argv, "n:f:c:t:kbau")) != -1) {
		if (o == 'n')
			ops = strtoul(optarg, NULL, 0);
		else if (o == 'f')
			children = atoi(optarg);
		else if (o == 'c')
			caches = atoi(optarg);
		else if (o == 't')
			threads = atoi(optarg);
		else if (o == 'k')
			by_kmalloc = true;
		else if (o == 'b')
			in_bulk = true;
		else if (o == 'a')
			ages = true;
		else if (o == 'u')
			until = true;
	}
	if (caches < 1 || caches > CACHES)
		errx(2, "1 to %d caches", CACHES);
	if (threads < 0 || threads > THREADS)
		errx(2, "up to %d threads", THREADS);
	for (int c = 0; c < caches && !by_kmalloc; c++) {
		snprintf(name, sizeof(name), "family-%d", c);
		cache[c] = kmem_cache_create(name, size_of(c), 0, 0, NULL);
		if (!cache[c])
			err(1, "no cache");
	}
	if (until)
		until_line();
	else if (threads)
		work_on_threads(threads);
	else
		work(ops, 1);
	for (int i = 0; i < children; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "no child");
		if (!pid) {
			allocs = frees = 0;
			work(ops, (unsigned)i + 2);
			report();
			_exit(0);
		}
		if (waitpid(pid, NULL, 0) != pid)
			err(1, "lost the child");
	}
	report();
	return 0;
}
