// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Real threads on real CPUs: random operations with random migration, then the walker must find
 * every object exactly once. Runs on the back end that the library chose; SLAB_BACKEND=lock
 * chooses the lock one. STRESS_OPS sets how many operations (default 10 million).
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "check.h"
#include "percpu.h"
#include "refill.h"

#define THREADS 8
#define LIVE	2000
#define MAIL	512

struct worker {
	pthread_t thread;
	unsigned id;
	unsigned long ops;
	uint64_t random;
	void *live[LIVE];
	size_t nr_live;
	unsigned long allocs, frees;
};

static struct kmem_cache *cachep;
static struct worker worker[THREADS];
/* Objects that one thread allocates and another frees. */
static void *mail[MAIL];

/* Reports an error of a thread. */
#define NEED(cond)                                                                         \
	do {                                                                               \
		if (!(cond)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                           \
		}                                                                          \
	} while (0)

static uint64_t next_random(struct worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

static void migrate(struct worker *w)
{
	unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(next_random(w) % cpus, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/*
 * Each allocated object has the stamp of its owner, so that the test notices one allocated twice.
 */
static void stamp(struct worker *w, void *objp)
{
	((uint64_t *)objp)[0] = w->id;
	((uint64_t *)objp)[1] = (uintptr_t)objp;
}

static void take(struct worker *w)
{
	void *objp = kmem_cache_alloc(cachep, 0);

	NEED(objp);
	w->allocs++;
	stamp(w, objp);
	w->live[w->nr_live++] = objp;
}

static void give(struct worker *w)
{
	size_t at = next_random(w) % w->nr_live;
	void *objp = w->live[at];

	/* Or another thread has it too. */
	NEED(((uint64_t *)objp)[0] == w->id && ((uint64_t *)objp)[1] == (uintptr_t)objp);
	w->live[at] = w->live[--w->nr_live];
	if (next_random(w) % 4 == 0)
		objp = __atomic_exchange_n(&mail[next_random(w) % MAIL], objp, __ATOMIC_ACQ_REL);
	if (objp) {
		kmem_cache_free(cachep, objp);
		w->frees++;
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;
	bool filling = true;

	for (unsigned long i = 0; i < w->ops; i++) {
		if (i % 4096 == 0)
			migrate(w);
		if (w->nr_live == 0 || next_random(w) % 1500 == 0)
			filling = true;
		if (w->nr_live == LIVE || next_random(w) % 1500 == 0)
			filling = false;
		if (w->nr_live < LIVE && (filling || !w->nr_live))
			take(w);
		else
			give(w);
	}
	return NULL;
}

static void random_operations(void **state)
{
	unsigned long ops = strtoul(getenv("STRESS_OPS") ?: "10000000", NULL, 10);
	static void *live[THREADS * LIVE + MAIL];
	unsigned long allocs = 0, frees = 0;
	struct slab_check c;
	size_t nr = 0;

	(void)state;
	cachep = kmem_cache_create("stress", 64, 0, 0, NULL);
	assert_non_null(cachep);
	for (unsigned i = 0; i < THREADS; i++) {
		worker[i] = (struct worker){
			.id = i, .ops = ops / THREADS, .random = 88172645463325252ull + i};
		assert_int_equal(pthread_create(&worker[i].thread, NULL, work, &worker[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(worker[i].thread, NULL);
		memcpy(live + nr, worker[i].live, worker[i].nr_live * sizeof(void *));
		nr += worker[i].nr_live;
		allocs += worker[i].allocs;
		frees += worker[i].frees;
	}
	for (unsigned i = 0; i < MAIL; i++)
		if (mail[i])
			live[nr++] = mail[i];
	assert_int_equal(allocs - frees, nr);
	slab_check(cachep, live, nr, &c);
	assert_string_equal(c.error, "");
	assert_int_equal(c.out, nr);

	/* Returns the counts of all CPUs. */
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		allocs -= percpu_hits(cachep, (int)cpu) + cpu_counters(cachep, (int)cpu)->refills;
	assert_int_equal(allocs, 0);

	while (nr)
		kmem_cache_free(cachep, live[--nr]);
	slab_check(cachep, NULL, 0, &c);
	assert_string_equal(c.error, "");
	assert_int_equal(c.out, 0);
	kmem_cache_destroy(cachep);
}

/* Any thread can empty the array of a CPU while other threads use it. */
static void *drainer(void *stop)
{
	void *objp[SLAB_LIMIT_MAX];

	while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE))
		for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++) {
			int nr = percpu_drain(cachep, (int)cpu, objp, SLAB_LIMIT_MAX);

			NEED(nr >= 0);
			count_taken(cachep, (int)cpu, (uint64_t)nr);
			while (nr) {
				kmem_cache_free(cachep, objp[--nr]);
				/* Corrects the counters: these objects were not allocated. */
				__atomic_fetch_add(&cpu_counters(cachep, 0)->bypasses, 1,
						   __ATOMIC_RELAXED);
			}
		}
	return NULL;
}

static void drain_while_in_use(void **state)
{
	unsigned long ops = strtoul(getenv("STRESS_OPS") ?: "10000000", NULL, 10) / 10;
	static void *live[THREADS * LIVE + MAIL];
	struct slab_check c;
	pthread_t thread;
	bool stop = false;
	size_t nr = 0;

	(void)state;
	memset(mail, 0, sizeof(mail));
	cachep = kmem_cache_create("drained", 64, 0, 0, NULL);
	pthread_create(&thread, NULL, drainer, &stop);
	for (unsigned i = 0; i < THREADS; i++) {
		worker[i] = (struct worker){.id = i, .ops = ops / THREADS, .random = 42 + i};
		pthread_create(&worker[i].thread, NULL, work, &worker[i]);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(worker[i].thread, NULL);
		memcpy(live + nr, worker[i].live, worker[i].nr_live * sizeof(void *));
		nr += worker[i].nr_live;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	for (unsigned i = 0; i < MAIL; i++)
		if (mail[i])
			live[nr++] = mail[i];
	slab_check(cachep, live, nr, &c);
	assert_string_equal(c.error, "");
	while (nr)
		kmem_cache_free(cachep, live[--nr]);
	kmem_cache_destroy(cachep);
}

/* A forked child uses its copy, with counts from 0. The parent does not change. */
static void fork_and_go_on(void **state)
{
	void *live[500];
	struct slab_check c;
	int status;
	pid_t pid;

	(void)state;
	cachep = kmem_cache_create("forked", 64, 0, 0, NULL);
	for (int i = 0; i < 500; i++)
		live[i] = kmem_cache_alloc(cachep, 0);
	pid = fork();
	if (pid == 0) {
		uint64_t allocs = 0;

		for (int i = 0; i < 500; i++)
			kmem_cache_free(cachep, live[i]);
		for (int i = 0; i < 300; i++)
			live[i] = kmem_cache_alloc(cachep, 0);
		for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
			allocs += percpu_hits(cachep, (int)cpu) +
				  cpu_counters(cachep, (int)cpu)->refills;
		_exit(allocs == 300 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	slab_check(cachep, live, 500, &c);
	assert_string_equal(c.error, "");
	for (int i = 0; i < 500; i++)
		kmem_cache_free(cachep, live[i]);
	kmem_cache_destroy(cachep);
}

static unsigned long held[THREADS]; /* the objects of each thread */
static bool stop_forking;

static void *hold(void *arg)
{
	unsigned long *nr = arg;
	void *live[500];

	while (!__atomic_load_n(&stop_forking, __ATOMIC_RELAXED)) {
		for (unsigned i = 0; i < 500; i++) {
			live[i] = kmem_cache_alloc(cachep, 0);
			__atomic_store_n(nr, i + 1, __ATOMIC_RELAXED);
		}
		for (unsigned i = 500; i--;) {
			__atomic_store_n(nr, i, __ATOMIC_RELAXED);
			kmem_cache_free(cachep, live[i]);
		}
	}
	return NULL;
}

/*
 * Forks while other threads refill and flush: the child finds every object in its place, or with
 * a thread that it does not have; no step loses one. A thread may be at most one object ahead of
 * its records.
 */
static void fork_under_load(void **state)
{
	pthread_t thread[4];

	(void)state;
	cachep = kmem_cache_create("forking", 64, 0, 0, NULL);
	stop_forking = false;
	memset(held, 0, sizeof(held));
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, hold, &held[i]);
	for (int round = 0; round < 50; round++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			unsigned long sum = held[0] + held[1] + held[2] + held[3];
			void *live[200];
			struct slab_check c;

			slab_check(cachep, NULL, 0, &c);
			if (c.out + 4 < sum || c.out > sum + 4)
				_exit(2);
			for (int i = 0; i < 200; i++)
				live[i] = kmem_cache_alloc(cachep, 0);
			for (int i = 0; i < 200; i++)
				kmem_cache_free(cachep, live[i]);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	__atomic_store_n(&stop_forking, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	kmem_cache_destroy(cachep);
}

/* Destroying a cache whose objects are out must not free them under their owners. */
static void destroy_in_use(void **state)
{
	void *objp;

	(void)state;
	cachep = kmem_cache_create("in use", 64, 0, 0, NULL);
	objp = kmem_cache_alloc(cachep, 0);
	memset(objp, 1, 64);
	kmem_cache_destroy(cachep);
	assert_int_equal(((char *)objp)[63], 1);
	kmem_cache_free(cachep, objp);
	kmem_cache_destroy(cachep);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations), cmocka_unit_test(drain_while_in_use),
		cmocka_unit_test(fork_and_go_on),    cmocka_unit_test(fork_under_load),
		cmocka_unit_test(destroy_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
