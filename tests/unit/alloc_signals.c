// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sequences under constant disturbance: by signals whose handlers run sequences on the same
 * arrays, by a thread that moves the others from CPU to CPU, by threads that come and go.
 * Afterwards the walker must find every object once, and the counters must be exact.
 *
 * A handler uses only hits: the interrupted thread may hold the locks of the slow paths.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "alloc_help.h"

#define THREADS	 4
#define LIVE	 300
#define STASH	 64
#define SIGNALS	 2000 /* a thread */
#define SHORT_US 50

#ifndef SLAB_INLINE_HIT
#define slab_hit_alloc(cachep)	    NULL
#define slab_hit_free(cachep, objp) 0
#endif

static struct kmem_cache *cachep;

struct worker {
	pthread_t thread;
	pid_t tid;
	timer_t timer;
	unsigned id;
	uint64_t random;
	uint64_t allocs, frees;
	void *live[LIVE];
	unsigned nr_live;
	/* The handler's. */
	volatile unsigned signals;
	uint64_t handler_allocs, handler_frees;
	void *stash[STASH];
	unsigned nr_stash;
};

static __thread struct worker *self;

static unsigned below(struct worker *w, unsigned bound)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (unsigned)((w->random >> 32) * bound >> 32);
}

static void stamp(void *objp, uint64_t owner)
{
	((uint64_t *)objp)[0] = owner;
	((uint64_t *)objp)[1] = (uintptr_t)objp;
}

static void must_be(void *objp, uint64_t owner)
{
	if (((uint64_t *)objp)[0] != owner || ((uint64_t *)objp)[1] != (uintptr_t)objp)
		abort(); /* another owner has it too */
}

/* Owners: a worker's own objects are 2 * id, its handler's 2 * id + 1. */
static void take(struct worker *w)
{
	void *objp = kmem_cache_alloc(cachep, 0);

	if (!objp)
		abort();
	w->allocs++;
	stamp(objp, 2 * w->id);
	w->live[w->nr_live++] = objp;
}

static void give(struct worker *w, unsigned at)
{
	void *objp = w->live[at];

	must_be(objp, 2 * w->id);
	w->live[at] = w->live[--w->nr_live];
	kmem_cache_free(cachep, objp);
	w->frees++;
}

static void churn(struct worker *w)
{
	if (w->nr_live < LIVE && (!w->nr_live || below(w, 100) < 50 + (w->frees & 64 ? 20 : -20)))
		take(w);
	else
		give(w, below(w, w->nr_live));
}

/* ---- signals ------------------------------------------------------------------------------ */

/* Allocates and frees: objects that it cannot free stay in its stash. */
static void handler(int signal)
{
	struct worker *w = self;
	void *objp;

	(void)signal;
	if (!w)
		return;
	while (w->nr_stash < STASH / 2 && (objp = slab_hit_alloc(cachep))) {
		stamp(objp, 2 * w->id + 1);
		w->stash[w->nr_stash++] = objp;
		w->handler_allocs++;
	}
	while (w->nr_stash > w->signals % 8) {
		objp = w->stash[w->nr_stash - 1];
		must_be(objp, 2 * w->id + 1);
		if (!slab_hit_free(cachep, objp))
			break;
		w->nr_stash--;
		w->handler_frees++;
	}
	w->signals++;
}

static void start_timer(struct worker *w)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
	struct itimerspec often = {{0, SHORT_US * 1000}, {0, SHORT_US * 1000}};

	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	if (timer_create(CLOCK_MONOTONIC, &event, &w->timer) ||
	    timer_settime(w->timer, 0, &often, NULL))
		abort();
}

static void *interrupted(void *arg)
{
	struct worker *w = self = arg;

	start_timer(w);
	while (w->signals < SIGNALS)
		for (unsigned i = 0; i < 1000; i++)
			churn(w);
	timer_delete(w->timer);
	return NULL;
}

/* Only the objects of workers are out. */
static void account(struct worker *worker, unsigned nr)
{
	static void *live[THREADS * (LIVE + STASH)];
	uint64_t allocs = 0, frees = 0, counted = 0;
	size_t out = 0;

	for (unsigned i = 0; i < nr; i++) {
		memcpy(live + out, worker[i].live, worker[i].nr_live * sizeof(void *));
		out += worker[i].nr_live;
		memcpy(live + out, worker[i].stash, worker[i].nr_stash * sizeof(void *));
		out += worker[i].nr_stash;
		allocs += worker[i].allocs + worker[i].handler_allocs;
		frees += worker[i].frees + worker[i].handler_frees;
	}
	check(cachep, live, out);
	assert_int_equal(allocs - frees, out);
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		counted += percpu_hits(cachep, (int)cpu) + cpu_counters(cachep, (int)cpu)->refills;
	assert_int_equal(counted, allocs);
	while (out)
		kmem_cache_free(cachep, live[--out]);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

static void start(struct worker *worker, void *(*work)(void *))
{
	cachep = kmem_cache_create("disturbed", 64, 0, 0, NULL);
	assert_non_null(cachep);
	/* Small arrays: the sequences of the slow paths run often. */
	if (kmem_cache_tune(cachep, 20, 10, 2))
		assert_int_equal(percpu_can_drain(cachep) != 0, true);
	for (unsigned i = 0; i < THREADS; i++) {
		worker[i] = (struct worker){.id = i + 1, .random = 88172645463325252ull + i};
		assert_int_equal(pthread_create(&worker[i].thread, NULL, work, &worker[i]), 0);
	}
}

static void signals_in_a_loop(void **state)
{
	static struct worker worker[THREADS];
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

	(void)state;
	sigaction(SIGALRM, &action, NULL);
	start(worker, interrupted);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(worker[i].thread, NULL);
	account(worker, THREADS);
}

/* ---- migration ---------------------------------------------------------------------------- */

static unsigned long moves;

static void *moved(void *arg)
{
	struct worker *w = arg;

	__atomic_store_n(&w->tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	while (__atomic_load_n(&moves, __ATOMIC_ACQUIRE) < 20000)
		for (unsigned i = 0; i < 100; i++)
			churn(w);
	return NULL;
}

static void migration_in_a_loop(void **state)
{
	static struct worker worker[THREADS];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	(void)state;
	start(worker, moved);
	for (unsigned long move = 0; move <= 20000; move++) {
		pid_t tid = __atomic_load_n(&worker[move % THREADS].tid, __ATOMIC_ACQUIRE);
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(move / THREADS % (unsigned long)cpus, &set);
		if (tid)
			sched_setaffinity(tid, sizeof(set), &set);
		__atomic_store_n(&moves, move, __ATOMIC_RELEASE);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(worker[i].thread, NULL);
	account(worker, THREADS);
}

/* ---- threads come and go ------------------------------------------------------------------ */

static void *brief(void *arg)
{
	for (unsigned i = 0; i < 200; i++)
		churn(arg);
	return NULL;
}

static void threads_come_and_go(void **state)
{
	static struct worker worker[THREADS];

	(void)state;
	start(worker, brief);
	for (unsigned generation = 0; generation < 300; generation++)
		for (unsigned i = 0; i < THREADS; i++) {
			pthread_join(worker[i].thread, NULL);
			assert_int_equal(pthread_create(&worker[i].thread, NULL, brief, &worker[i]),
					 0);
		}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(worker[i].thread, NULL);
	account(worker, THREADS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_in_a_loop),
		cmocka_unit_test(migration_in_a_loop),
		cmocka_unit_test(threads_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
