// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Event mode: every call of the inlined hit fires alloc or free, and counts as before. The linker
 * wraps the probe functions (see the Makefile); the test raises the semaphores itself.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc_help.h"

#define U uint64_t
static unsigned long allocs, frees, modes, served[4];
static struct kmem_cache *cachep;

static U events_avail, events_hits;

void __wrap_probe_events(U cache, U cpu, U avail, U hits, U touched, U node);
void __wrap_probe_events(U cache, U cpu, U avail, U hits, U touched, U node)
{
	(void)cpu, (void)touched, (void)node;
	events_avail = avail;
	events_hits = hits;
	if (cachep && cache == cachep->id)
		__atomic_fetch_add(&modes, 1, __ATOMIC_RELAXED);
}

void __wrap_probe_alloc(U cache, U cpu, U node, const void *object, U flags, U how);
void __wrap_probe_alloc(U cache, U cpu, U node, const void *object, U flags, U how)
{
	(void)cpu, (void)node, (void)flags;
	if (!cachep || cache != cachep->id)
		return;
	assert_true(object || how == SLAB_SERVED_FAILED);
	__atomic_fetch_add(&allocs, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&served[how], 1, __ATOMIC_RELAXED);
}

static int go_to = -1; /* the CPU to which the probe of a free moves the thread */
static __thread int freed_on;

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

void __wrap_probe_free(U cache, U cpu, U node, const void *object);
void __wrap_probe_free(U cache, U cpu, U node, const void *object)
{
	(void)node, (void)object;
	if (!cachep || cache != cachep->id)
		return;
	__atomic_fetch_add(&frees, 1, __ATOMIC_RELAXED);
	freed_on = (int)cpu;
	if (go_to >= 0)
		pin_to(go_to);
}

static void trace(unsigned short on)
{
	__atomic_store_n(&slab_alloc_semaphore, on, __ATOMIC_RELAXED);
	__atomic_store_n(&slab_free_semaphore, on, __ATOMIC_RELAXED);
	__atomic_store_n(&slab_events_semaphore, on, __ATOMIC_RELAXED);
}

static void churn(unsigned long nr)
{
	static __thread void *live[150];

	for (unsigned long i = 0; i < nr; i++) {
		for (int j = 0; j < 150; j++)
			live[j] = kmem_cache_alloc(cachep, 0);
		for (int j = 0; j < 150; j++)
			kmem_cache_free(cachep, live[j]);
	}
}

static void tracing_begins_and_ends(void **state)
{
	int cpu;

	(void)state;
	pin_to(sched_getcpu());
	cpu = sched_getcpu();
	cachep = kmem_cache_create("events", 64, 0, 0, NULL);
	churn(10);
	assert_int_equal(allocs + frees + modes, 0);

	trace(1);
	kmem_cache_free(cachep, kmem_cache_alloc(cachep, 0)); /* hits may still fire no probe */
	churn(2); /* the next slow path was among them */
	/* The lock back end is always out of line, so it does not switch. */
	assert_int_equal(modes, cachep->backend == CACHE_RSEQ);
	if (cachep->backend == CACHE_RSEQ) {
		assert_int_equal(cachep->cpu[cpu].limit, 0);
		/* It was a refill that found the array empty. */
		assert_int_equal(events_avail, 0);
		assert_true(events_hits > 1000 && events_hits < percpu_hits(cachep, cpu));
	}

	/* From then on no call is missed, and hits and refills count as before. */
	{
		uint64_t hits = percpu_hits(cachep, cpu),
			 refills = cpu_counters(cachep, cpu)->refills;

		allocs = frees = 0;
		memset(served, 0, sizeof(served));
		churn(10);
		assert_int_equal(allocs, 1500);
		assert_int_equal(frees, 1500);
		assert_int_equal(served[SLAB_SERVED_HIT], percpu_hits(cachep, cpu) - hits);
		assert_int_equal(served[SLAB_SERVED_REFILL],
				 cpu_counters(cachep, cpu)->refills - refills);
		assert_int_equal(served[SLAB_SERVED_HIT] + served[SLAB_SERVED_REFILL], 1500);
	}
	check(cachep, NULL, 0);

	trace(0);
	allocs = frees = 0;
	churn(2);
	assert_int_equal(allocs + frees, 0);
	if (cachep->backend == CACHE_RSEQ)
		assert_int_equal(cachep->cpu[cpu].limit, 120);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
	cachep = NULL;
}

static void *worker(void *unused)
{
	churn(2000);
	return unused;
}

/* Tracing starts and stops while threads run: no event is lost or counted twice. */
static void switching_under_load(void **state)
{
	pthread_t thread[4];
	struct slab_check c;
	cpu_set_t all;

	(void)state;
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	cachep = kmem_cache_create("switched", 64, 0, 0, NULL);
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, worker, NULL);
	for (int i = 0; i < 200; i++) {
		trace(i & 1);
		usleep(1000);
	}
	trace(0);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	slab_check(cachep, NULL, 0, &c);
	assert_string_equal(c.error, "");
	assert_int_equal(c.out, 0);
	kmem_cache_destroy(cachep);
	cachep = NULL;
}

/* Returns another CPU that this thread may run on, or -1. */
static int other_cpu(const cpu_set_t *all, int cpu)
{
	for (int other = 0; other < CPU_SETSIZE; other++)
		if (other != cpu && CPU_ISSET(other, all))
			return other;
	return -1;
}

/* A call whose thread migrates in a probe happens on the CPU that the probe has named. */
static void a_call_stays_on_its_cpu(void **state)
{
	int cpu, other, before, here;
	void *objp[130];
	cpu_set_t all;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	cpu = sched_getcpu();
	other = other_cpu(&all, cpu);
	if (other < 0)
		skip();
	cachep = kmem_cache_create("stays", 64, 0, 0, NULL);
	trace(1);
	pin_to(cpu);
	for (int i = 0; i < 130; i++)
		objp[i] = kmem_cache_alloc(cachep, 0);
	pin_to(other); /* both are in event mode */
	kmem_cache_free(cachep, kmem_cache_alloc(cachep, 0));
	here = (int)percpu_avail(cachep, other);
	for (int i = 0; i < 130; i++) { /* the last ones flush */
		pin_to(cpu);
		before = (int)percpu_avail(cachep, cpu);
		go_to = other;
		kmem_cache_free(cachep, objp[i]);
		go_to = -1;
		assert_int_equal(freed_on, cpu);
		assert_int_equal(percpu_avail(cachep, cpu),
				 before < (int)cachep->limit
					 ? before + 1
					 : before - (int)cachep->batchcount + 1);
		assert_int_equal(percpu_avail(cachep, other), here);
	}
	trace(0);
	sched_setaffinity(0, sizeof(all), &all);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
	cachep = NULL;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tracing_begins_and_ends),
		cmocka_unit_test(switching_under_load),
		cmocka_unit_test(a_call_stays_on_its_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
