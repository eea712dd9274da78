// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * demo_load.c: load on libslab. Each thread has its own cache and its own habit:
 *
 *   steady-64      allocates and frees a few at a time, on every CPU: nearly all hits
 *   churn-192      keeps thousands of objects, replaces them at random: shared array, partial list
 *   bursty-256     allocates thousands, frees them all, rests: many refills, free list, grown
 *   message-512    one CPU allocates, another frees: refills on one, flushes on the other
 *   sawtooth-1024  grows slowly and frees everything: new slabs, and slabs given back
 *
 * Together they take a few percent of a CPU.
 */
#include "command/demo_load.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <slab.h>

#define TICK_NS	   2000000
#define TICKS(ms)  ((ms)*1000000L / TICK_NS)
#define STEADY_MAX 4 /* threads */

/* ---- what threads share --------------------------------------------------------------- */

struct worker {
	struct kmem_cache *cache;
	void (*tick)(struct worker *w, unsigned long tick);
	int cpu; /* -1: any */
	struct ring *ring;
	void **objs;
	size_t nr, room;
	uint32_t random;
};

/* One producer, one consumer. */
#define RING 4096
struct ring {
	void *obj[RING];
	unsigned long head, tail; /* head is written by the producer, tail by the consumer */
};

static uint32_t next_random(struct worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 17;
	w->random ^= w->random << 5;
	return w->random;
}

/* Allocates an object and writes to it, as a program would. Returns NULL without memory. */
static void *take(struct worker *w)
{
	void *obj = kmem_cache_alloc(w->cache, SLAB_KERNEL);

	if (obj)
		*(volatile uint64_t *)obj = w->random;
	return obj;
}

/* Allocates up to n more objects for the worker, as room and memory permit. */
static void hold(struct worker *w, size_t n)
{
	while (n-- && w->nr < w->room) {
		void *obj = take(w);

		if (!obj)
			return;
		w->objs[w->nr++] = obj;
	}
}

static void drop_all(struct worker *w)
{
	while (w->nr)
		kmem_cache_free(w->cache, w->objs[--w->nr]);
}

/* ---- habits --------------------------------------------------------------------------- */

static void steady(struct worker *w, unsigned long tick)
{
	(void)tick;
	for (int i = 0; i < 100; i++) {
		hold(w, 8);
		drop_all(w);
	}
	if (!(next_random(w) & 3)) { /* sometimes more than the CPU cache holds */
		hold(w, w->room);
		drop_all(w);
	}
}

static void churn(struct worker *w, unsigned long tick)
{
	(void)tick;
	hold(w, 500);
	for (int i = 0; i < 200 && w->nr == w->room; i++) {
		size_t victim = next_random(w) % w->nr;
		void *obj = take(w);

		if (!obj)
			return;
		kmem_cache_free(w->cache, w->objs[victim]);
		w->objs[victim] = obj;
	}
	if (!(tick % TICKS(100))) /* free a quarter; the next ticks allocate it again */
		while (w->nr > w->room - w->room / 4)
			kmem_cache_free(w->cache, w->objs[--w->nr]);
}

static void bursty(struct worker *w, unsigned long tick)
{
	if (tick % TICKS(600) == 0)
		hold(w, w->room);
	else if (tick % TICKS(600) == (unsigned long)TICKS(100))
		drop_all(w);
}

static void produce(struct worker *w, unsigned long tick)
{
	struct ring *r = w->ring;

	(void)tick;
	for (int i = 0; i < 120; i++) {
		unsigned long head = r->head;
		void *obj;

		if (head - __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE) >= RING)
			return;
		obj = take(w);
		if (!obj)
			return;
		r->obj[head % RING] = obj;
		__atomic_store_n(&r->head, head + 1, __ATOMIC_RELEASE);
	}
}

static void consume(struct worker *w, unsigned long tick)
{
	struct ring *r = w->ring;
	unsigned long head = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE);

	(void)tick;
	while (r->tail != head) {
		kmem_cache_free(w->cache, r->obj[r->tail % RING]);
		__atomic_store_n(&r->tail, r->tail + 1, __ATOMIC_RELEASE);
	}
}

static void sawtooth(struct worker *w, unsigned long tick)
{
	(void)tick;
	if (w->nr == w->room) {
		drop_all(w);
		kmem_cache_shrink(w->cache);
	}
	hold(w, 4);
}

/* ---- threads -------------------------------------------------------------------------- */

static void *run(void *arg)
{
	struct worker *w = arg;
	struct timespec next;
	cpu_set_t set;

	if (w->cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET(w->cpu, &set);
		sched_setaffinity(0, sizeof(set), &set); /* a failure only makes the load tamer */
	}
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (unsigned long tick = 0;; tick++) {
		w->tick(w, tick);
		next.tv_nsec += TICK_NS;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return NULL;
}

/* Starts a worker that runs as long as the process. Returns 0 or a negative errno. */
static int start(struct kmem_cache *cache, void (*tick)(struct worker *, unsigned long),
		 size_t room, int cpu, struct ring *ring)
{
	static uint32_t seed = 1;
	struct worker *w = calloc(1, sizeof(*w));
	pthread_t thread;

	if (!cache || !w)
		return -ENOMEM;
	w->objs = calloc(room + 1, sizeof(*w->objs));
	if (!w->objs)
		return -ENOMEM; /* the process ends */
	w->cache = cache;
	w->tick = tick;
	w->room = room;
	w->cpu = cpu;
	w->ring = ring;
	w->random = 2654435761u * seed++;
	return -pthread_create(&thread, NULL, run, w);
}

/* Fills cpu with CPUs that this process may use. Returns how many, at most most. */
static int allowed_cpus(int *cpu, int most)
{
	cpu_set_t set;
	int nr = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	for (int i = 0; i < CPU_SETSIZE && nr < most; i++)
		if (CPU_ISSET(i, &set))
			cpu[nr++] = i;
	return nr;
}

static struct kmem_cache *cache(const char *name, size_t size)
{
	return kmem_cache_create(name, size, 0, 0, NULL);
}

static int start_all(void)
{
	struct kmem_cache *even = cache("steady-64", 64), *message = cache("message-512", 512);
	struct ring *ring = calloc(1, sizeof(*ring));
	int cpu[STEADY_MAX], nr = allowed_cpus(cpu, STEADY_MAX);
	int err = ring ? 0 : -ENOMEM;

	for (int i = 0; i < nr && !err; i++)
		err = start(even, steady, 300, cpu[i], NULL);
	if (!err)
		err = start(cache("churn-192", 192), churn, 4000, -1, NULL);
	if (!err)
		err = start(cache("bursty-256", 256), bursty, 6000, -1, NULL);
	if (!err)
		err = start(cache("sawtooth-1024", 1024), sawtooth, 3000, -1, NULL);
	if (!err)
		err = start(message, produce, 0, nr > 1 ? cpu[0] : -1, ring);
	if (!err)
		err = start(message, consume, 0, nr > 1 ? cpu[1] : -1, ring);
	return err;
}

int demo_load_run(int ready)
{
	int err = start_all();

	if (!err && write(ready, "", 1) != 1)
		err = -errno;
	close(ready);
	while (!err)
		pause();
	return err;
}
