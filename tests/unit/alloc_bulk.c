// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The bulk calls do the same as single calls, with the same objects and counts, and use only the
 * caller's pointers. Runs on the back end that the library chose.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#include "check.h"
#include "percpu.h"
#include "slab_desc.h"

#define LIVE 3000

static void check(struct kmem_cache *cachep, void **live, size_t nr)
{
	struct slab_check c;

	slab_check(cachep, live, nr, &c);
	assert_string_equal(c.error, "");
}

static int pin(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
	return cpu;
}

static uint64_t next_random(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

static unsigned index_of(struct kmem_cache *cachep, void *objp)
{
	return obj_to_index(cachep, virt_to_slab(objp), objp);
}

/* One cache by bulk, its twin one by one, on one CPU: after each step both must look the same. */
static void like_single_calls(void **state)
{
	static void *live[2][LIVE];
	struct kmem_cache *cachep[2];
	uint64_t random = 88172645463325252ull;
	cpu_set_t all;
	size_t nr = 0;
	int cpu;

	(void)state;
	sched_getaffinity(0, sizeof(all), &all);
	cpu = pin();
	for (int i = 0; i < 2; i++)
		cachep[i] = kmem_cache_create("twin", 64, 0, 0, NULL);
	for (unsigned step = 0; step < 2000; step++) {
		size_t n = next_random(&random) % (step % 2 ? 20 : 500);
		bool take = next_random(&random) % 2;

		if (n > (take ? LIVE - nr : nr))
			n = take ? LIVE - nr : nr;
		if (take) {
			assert_int_equal(kmem_cache_alloc_bulk(cachep[0], 0, n, live[0] + nr), n);
			for (size_t i = 0; i < n; i++)
				live[1][nr + i] = kmem_cache_alloc(cachep[1], 0);
			for (size_t i = nr; i < nr + n; i++)
				assert_int_equal(index_of(cachep[0], live[0][i]),
						 index_of(cachep[1], live[1][i]));
			nr += n;
		} else {
			nr -= n;
			kmem_cache_free_bulk(cachep[0], n, live[0] + nr);
			for (size_t i = 0; i < n; i++)
				kmem_cache_free(cachep[1], live[1][nr + i]);
		}
		assert_int_equal(cachep[0]->cpu[cpu].state, cachep[1]->cpu[cpu].state);
		assert_memory_equal(cpu_counters(cachep[0], cpu), cpu_counters(cachep[1], cpu),
				    sizeof(struct slab_cpu_counters));
		if (step % 50 == 0)
			check(cachep[0], live[0], nr);
	}
	assert_true(cpu_counters(cachep[0], cpu)->refills > 100);
	assert_true(cpu_counters(cachep[0], cpu)->flushes > 100);
	sched_setaffinity(0, sizeof(all), &all);
	for (int i = 0; i < 2; i++) {
		kmem_cache_free_bulk(cachep[i], nr, live[i]);
		check(cachep[i], NULL, 0);
		kmem_cache_destroy(cachep[i]);
	}
}

/* The pointers end where the accessible memory does, and begin where it begins. */
static void stays_within_its_pointers(void **state)
{
	struct kmem_cache *cachep = kmem_cache_create("bounds", 64, 0, 0, NULL);
	char *map = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void **page = (void **)(map + 4096);

	(void)state;
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mprotect(page, 4096, PROT_READ | PROT_WRITE), 0);
	for (unsigned n = 0; n <= 512; n++) {
		void **objs = n % 2 ? page : page + 512 - n;
		void **other = n % 2 ? page + n : page;

		memset(page, 0x77, 4096);
		assert_int_equal(kmem_cache_alloc_bulk(cachep, 0, n, objs), n);
		check(cachep, objs, n);
		for (unsigned i = 0; i < 512 - n; i++)
			assert_int_equal((uintptr_t)other[i], 0x7777777777777777);
		kmem_cache_free_bulk(cachep, n, objs);
	}
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
	munmap(map, 3 * 4096);
}

/* All or nothing. */
static void out_of_memory(void **state)
{
	struct kmem_cache *cachep = kmem_cache_create("oom", 64, 0, 0, NULL);
	static void *objs[LIVE];
	struct slab_check c;

	(void)state;
	pages_set_limit(pages_used() + 4);
	assert_int_equal(kmem_cache_alloc_bulk(cachep, 0, LIVE, objs), 0);
	slab_check(cachep, NULL, 0, &c);
	assert_string_equal(c.error, "");
	assert_int_equal(c.out, 0);
	assert_true(c.objects > 0);
	assert_int_equal(kmem_cache_alloc_bulk(cachep, 0, 4 * cachep->num, objs), 4 * cachep->num);
	check(cachep, objs, 4 * cachep->num);
	kmem_cache_free_bulk(cachep, 4 * cachep->num, objs);
	pages_set_limit(0);
	assert_int_equal(kmem_cache_alloc_bulk(cachep, 0, (size_t)1 << 40, objs), 0);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

struct worker {
	pthread_t thread;
	uint64_t random;
	void *live[LIVE];
	size_t nr;
	uint64_t allocs;
};

static struct kmem_cache *shared;

static void move_on(struct worker *w)
{
	unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(next_random(&w->random) % cpus, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (unsigned step = 0; step < 20000; step++) {
		size_t n = next_random(&w->random) % 300;

		if (step % 16 == 0)
			move_on(w);
		if (next_random(&w->random) % 2) {
			n = n < LIVE - w->nr ? n : LIVE - w->nr;
			if ((size_t)kmem_cache_alloc_bulk(shared, 0, n, w->live + w->nr) != n)
				abort();
			/* An object that another thread holds too would lose its stamp. */
			for (size_t i = w->nr; i < w->nr + n; i++)
				*(struct worker **)w->live[i] = w;
			w->nr += n;
			w->allocs += n;
		} else {
			n = n < w->nr ? n : w->nr;
			for (size_t i = w->nr - n; i < w->nr; i++)
				if (*(struct worker **)w->live[i] != w)
					abort();
			w->nr -= n;
			kmem_cache_free_bulk(shared, n, w->live + w->nr);
		}
	}
	return NULL;
}

static unsigned ticks;

static void tick(int signal)
{
	(void)signal;
	__atomic_fetch_add(&ticks, 1, __ATOMIC_RELAXED);
}

/* Migration and signals inside the sequences: nothing is lost, and every object counts once. */
static void threads_and_signals(void **state)
{
	struct itimerval often = {{0, 200}, {0, 200}}, off = {{0, 0}, {0, 0}};
	static struct worker worker[4];
	static void *live[4 * LIVE];
	uint64_t allocs = 0;
	size_t nr = 0;

	(void)state;
	signal(SIGALRM, tick);
	shared = kmem_cache_create("shared", 64, 0, 0, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (unsigned i = 0; i < 4; i++) {
		worker[i].random = 88172645463325252ull + i;
		assert_int_equal(pthread_create(&worker[i].thread, NULL, work, &worker[i]), 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(worker[i].thread, NULL);
		memcpy(live + nr, worker[i].live, worker[i].nr * sizeof(void *));
		nr += worker[i].nr;
		allocs += worker[i].allocs;
	}
	setitimer(ITIMER_REAL, &off, NULL);
	assert_true(ticks > 0);
	check(shared, live, nr);
	for (unsigned cpu = 0; cpu < shared->nr_cpus; cpu++)
		allocs -= percpu_hits(shared, (int)cpu) + cpu_counters(shared, (int)cpu)->refills +
			  cpu_counters(shared, (int)cpu)->bypasses;
	assert_int_equal(allocs, 0);
	kmem_cache_free_bulk(shared, nr, live);
	check(shared, NULL, 0);
	kmem_cache_destroy(shared);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_single_calls),
		cmocka_unit_test(stays_within_its_pointers),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(threads_and_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
