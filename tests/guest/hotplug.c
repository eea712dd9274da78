// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * hotplug.c: CPU 1 goes offline and online TIMES times while threads use libslab on it; then the
 * walker must find every object once, and the counters must be exact. Usage: hotplug TIMES
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "percpu.h"

#define THREADS 4
#define LIVE	500
#define SWITCH	"/sys/devices/system/cpu/cpu1/online"

static struct kmem_cache *cachep;
static bool stop;

struct worker {
	pthread_t thread;
	unsigned id;
	uint64_t random, allocs, frees;
	void *live[LIVE];
	size_t nr_live;
};

static void set_online(bool on)
{
	int fd = open(SWITCH, O_WRONLY);

	if (fd < 0 || write(fd, on ? "1" : "0", 1) != 1)
		err(1, "%s", SWITCH);
	close(fd);
}

static bool run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0;
}

static uint64_t next_random(struct worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random >> 16;
}

static void churn(struct worker *w)
{
	size_t at;

	if (w->nr_live < LIVE && (!w->nr_live || next_random(w) % 2)) {
		uint64_t *objp = kmem_cache_alloc(cachep, 0);

		if (!objp)
			errx(1, "no memory");
		objp[0] = w->id;
		objp[1] = (uintptr_t)objp;
		w->live[w->nr_live++] = objp;
		w->allocs++;
		return;
	}
	at = next_random(w) % w->nr_live;
	if (((uint64_t *)w->live[at])[0] != w->id ||
	    ((uint64_t *)w->live[at])[1] != (uintptr_t)w->live[at])
		errx(1, "an object has two owners");
	kmem_cache_free(cachep, w->live[at]);
	w->live[at] = w->live[--w->nr_live];
	w->frees++;
}

/* Now here, now there; CPU 1 need not be there. */
static void *work(void *arg)
{
	struct worker *w = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		run_on((int)(next_random(w) % 2));
		for (unsigned i = 0; i < 2000; i++)
			churn(w);
	}
	return NULL;
}

static void walk(void *const *live, size_t nr, const char *when)
{
	struct slab_check c;

	if (slab_check(cachep, live, nr, &c))
		errx(1, "%s: %s", when, c.error);
}

/* What lies in the array of a CPU that is gone comes back all the same. */
static void drain_a_cpu_that_is_gone(void)
{
	void *objp[50];

	if (!run_on(1))
		err(1, "cannot run on CPU 1");
	for (unsigned i = 0; i < 50; i++)
		objp[i] = kmem_cache_alloc(cachep, 0);
	for (unsigned i = 0; i < 50; i++)
		kmem_cache_free(cachep, objp[i]);
	run_on(0);
	if (percpu_avail(cachep, 1) < 50)
		errx(1, "nothing in the array of CPU 1");
	set_online(false);
	walk(NULL, 0, "with CPU 1 gone");
	kmem_cache_shrink(cachep);
	if (percpu_avail(cachep, 1))
		errx(1, "the array of a CPU that is gone was not emptied");
	walk(NULL, 0, "emptied with CPU 1 gone");
	set_online(true);
}

static void account(struct worker *worker)
{
	static void *live[THREADS * LIVE];
	uint64_t allocs = 0, frees = 0, counted = 0;
	size_t nr = 0;

	for (unsigned i = 0; i < THREADS; i++) {
		memcpy(live + nr, worker[i].live, worker[i].nr_live * sizeof(void *));
		nr += worker[i].nr_live;
		allocs += worker[i].allocs;
		frees += worker[i].frees;
	}
	walk(live, nr, "at the end");
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		counted += percpu_hits(cachep, (int)cpu) + cpu_counters(cachep, (int)cpu)->refills;
	if (counted != allocs + 50 || allocs - frees != nr)
		errx(1, "%lu allocations, counted %lu", (unsigned long)allocs,
		     (unsigned long)counted);
	while (nr)
		kmem_cache_free(cachep, live[--nr]);
	walk(NULL, 0, "with everything freed");
	printf("allocations %lu on CPU 0 %lu on CPU 1 %lu\n", (unsigned long)allocs,
	       (unsigned long)percpu_hits(cachep, 0), (unsigned long)percpu_hits(cachep, 1));
}

int main(int argc, char **argv)
{
	static struct worker worker[THREADS];
	unsigned times = argc > 1 ? (unsigned)atoi(argv[1]) : 20;

	cachep = kmem_cache_create("hotplug", 64, 0, 0, NULL);
	if (!cachep || cachep->backend != CACHE_RSEQ)
		errx(1, "this kernel gives no sequences");
	drain_a_cpu_that_is_gone();
	for (unsigned i = 0; i < THREADS; i++) {
		worker[i].id = i;
		worker[i].random = 88172645463325252ull + i;
		if (pthread_create(&worker[i].thread, NULL, work, &worker[i]))
			errx(1, "no thread");
	}
	for (unsigned i = 0; i < times; i++) {
		set_online(false);
		usleep(10000);
		if (i % 4 == 0)
			slab_reap();
		if (i % 4 == 1 && kmem_cache_tune(cachep, 40 + i, 20 + i / 2, 2))
			errx(1, "tuning failed");
		if (i % 4 == 2)
			kmem_cache_shrink(cachep);
		set_online(true);
		usleep(20000);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(worker[i].thread, NULL);
	account(worker);
	kmem_cache_destroy(cachep);
	printf("CPU 1 went and came %u times\n", times);
	return 0;
}
