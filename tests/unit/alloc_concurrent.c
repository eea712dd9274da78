// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Everything at once: eight threads allocate and free, one by one, in bulk and by node, while
 * others tune, age and shrink the cache, and fork. Then the walker must find every object once,
 * and the counters must be exact. Each back end and topology has its own process. STRESS_OPS sets
 * how many operations each does.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_help.h"
#include "caches.h"

#define THREADS 8
#define LIVE	600
#define BULK	40

struct worker {
	pthread_t thread;
	unsigned id;
	uint64_t random, allocs, frees;
	void *live[LIVE];
	size_t nr_live;
};

static struct kmem_cache *cachep;
static bool stop;
static unsigned long done; /* operations of all threads */

static unsigned below(uint64_t *random, unsigned bound)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (unsigned)((*random >> 32) * bound >> 32);
}

static _Noreturn void broken(const char *what)
{
	fprintf(stderr, "broken: %s\n", what);
	_exit(1);
}

static void stamp(struct worker *w, void *objp)
{
	((uint64_t *)objp)[0] = w->id;
	((uint64_t *)objp)[1] = (uintptr_t)objp;
}

static void *own(struct worker *w, size_t at)
{
	uint64_t *objp = w->live[at];

	if (objp[0] != w->id || objp[1] != (uintptr_t)objp)
		broken("an object has two owners");
	w->live[at] = w->live[--w->nr_live];
	return objp;
}

static void take_one(struct worker *w)
{
	unsigned nodes = cachep->nr_nodes;
	void *objp = below(&w->random, 16)
			     ? kmem_cache_alloc(cachep, 0)
			     : kmem_cache_alloc_node(cachep, 0, (int)below(&w->random, nodes));

	if (!objp)
		broken("no memory");
	stamp(w, objp);
	w->live[w->nr_live++] = objp;
	w->allocs++;
}

static void take_many(struct worker *w)
{
	if (kmem_cache_alloc_bulk(cachep, 0, BULK, w->live + w->nr_live) != BULK)
		broken("no memory for many");
	for (unsigned i = 0; i < BULK; i++)
		stamp(w, w->live[w->nr_live++]);
	w->allocs += BULK;
}

static void give_many(struct worker *w)
{
	void *objp[BULK];

	for (unsigned i = 0; i < BULK; i++)
		objp[i] = own(w, below(&w->random, (unsigned)w->nr_live));
	kmem_cache_free_bulk(cachep, BULK, objp);
	w->frees += BULK;
}

static void operate(struct worker *w)
{
	bool many = !below(&w->random, 50);
	/* Fills and empties in turn, which causes refills and flushes. */
	bool take = below(&w->random, 100) < (w->allocs / 4096 % 2 ? 65u : 35u);

	if (w->nr_live < BULK || (take && w->nr_live + BULK <= LIVE)) {
		if (many)
			take_many(w);
		else
			take_one(w);
	} else if (many) {
		give_many(w);
	} else {
		kmem_cache_free(cachep, own(w, below(&w->random, (unsigned)w->nr_live)));
		w->frees++;
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		for (unsigned i = 0; i < 500; i++)
			operate(w);
		__atomic_fetch_add(&done, 500, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* ---- what others do meanwhile -------------------------------------------------------------- */

static void *tune(void *unused)
{
	uint64_t random = 4711;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		unsigned limit = 1 + below(&random, 200);

		if (kmem_cache_tune(cachep, limit, 1 + below(&random, limit), below(&random, 9)))
			broken("tuning failed");
		sched_yield();
	}
	return unused;
}

static void *age(void *unused)
{
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		slab_reap();
		sched_yield();
	}
	return unused;
}

static void *shrink_and_count(void *unused)
{
	struct kmem_cache_stats stats;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		kmem_cache_shrink(cachep);
		kmem_cache_get_stats(cachep, &stats);
		if (stats.high_mark > stats.num_allocations)
			broken("statistics");
		usleep(500);
	}
	return unused;
}

/* Calls work in a child, whose copy may be from any moment. */
static void fork_one(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		void *objp[300];

		for (unsigned i = 0; i < 300; i++) {
			objp[i] = kmem_cache_alloc(cachep, 0);
			if (!objp[i])
				_exit(1);
			memset(objp[i], 7, 64);
		}
		for (unsigned i = 0; i < 300; i++)
			kmem_cache_free(cachep, objp[i]);
		kmem_cache_shrink(cachep);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		broken("a child");
}

static void account(struct worker *worker)
{
	static void *live[THREADS * LIVE];
	uint64_t allocs = 0, frees = 0, counted = 0;
	struct slab_check c;
	size_t nr = 0;

	for (unsigned i = 0; i < THREADS; i++) {
		memcpy(live + nr, worker[i].live, worker[i].nr_live * sizeof(void *));
		nr += worker[i].nr_live;
		allocs += worker[i].allocs;
		frees += worker[i].frees;
	}
	if (slab_check(cachep, live, nr, &c) || allocs - frees != nr)
		broken(c.error);
	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		counted += percpu_hits(cachep, (int)cpu) + cpu_counters(cachep, (int)cpu)->refills +
			   cpu_counters(cachep, (int)cpu)->bypasses;
	if (counted != allocs)
		broken("allocations were not counted exactly");
	while (nr)
		kmem_cache_free(cachep, live[--nr]);
	if (slab_check(cachep, NULL, 0, &c))
		broken(c.error);
	kmem_cache_destroy(cachep);
	if (pages_used())
		broken("pages are left");
}

static void everything(void)
{
	static struct worker worker[THREADS];
	static void *(*const other[])(void *) = {tune, age, shrink_and_count};
	unsigned long ops = strtoul(getenv("STRESS_OPS") ?: "1000000", NULL, 10);
	pthread_t thread[3];

	cachep = kmem_cache_create("everything", 64, 0, 0, NULL);
	if (!cachep)
		broken("no cache");
	for (unsigned i = 0; i < THREADS; i++) {
		worker[i] = (struct worker){.id = i, .random = 88172645463325252ull + i};
		if (pthread_create(&worker[i].thread, NULL, work, &worker[i]))
			broken("no thread");
	}
	for (unsigned i = 0; i < 3; i++)
		if (pthread_create(&thread[i], NULL, other[i], NULL))
			broken("no thread");
	for (unsigned forks = 0; forks < 20 || __atomic_load_n(&done, __ATOMIC_RELAXED) < ops;
	     forks++) {
		if (forks < 20)
			fork_one();
		usleep(2000);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(worker[i].thread, NULL);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	account(worker);
}

static void in_child(const char *name, const char *value, const char *nodes)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_DFL); /* not cmocka's */
		if (name)
			setenv(name, value, 1);
		if (nodes)
			setenv("SLAB_NODES", nodes, 1);
		alarm(240);
		everything();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void as_it_comes(void **state)
{
	(void)state;
	in_child(NULL, NULL, NULL);
}

static void two_nodes(void **state)
{
	(void)state;
	in_child(NULL, NULL, "2");
}

static void with_locks(void **state)
{
	(void)state;
	in_child("SLAB_BACKEND", "lock", NULL);
}

static void with_locks_and_nodes(void **state)
{
	(void)state;
	in_child("SLAB_BACKEND", "lock", "2");
}

static void every_call_out_of_line(void **state)
{
	(void)state;
	in_child("SLAB_EVENTS", "1", "2");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_comes),
		cmocka_unit_test(two_nodes),
		cmocka_unit_test(with_locks),
		cmocka_unit_test(with_locks_and_nodes),
		cmocka_unit_test(every_call_out_of_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
