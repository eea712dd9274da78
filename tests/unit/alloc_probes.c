// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * When probes fire. The linker wraps every probe function and the clock (see the Makefile), and the
 * test raises the semaphores itself: no tracer, no privilege.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "node.h"
#include "measure.h"
#include "percpu.h"
#include "unwatched.h"
#include "virtual.h"

static struct kmem_cache *cachep;
static unsigned clock_reads;
static unsigned violations; /* a probe fired under a lock, or while the clock ran */
static uint64_t last_seq;   /* of a list move; 0 is the first grow's */
static char log_[100000];
static size_t log_length;

int __real_clock_gettime(clockid_t clock, struct timespec *ts);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	clock_reads++;
	return __real_clock_gettime(clock, ts);
}

static __attribute__((format(printf, 1, 2))) void fired(const char *format, ...)
{
	struct slab_lock *lock = &get_node(cachep, 0)->list_lock;
	va_list args;

	if (lock->state)
		violations++;
	if (clock_reads % 2)
		violations++; /* a duration reads it twice */
	va_start(args, format);
	if (log_length < sizeof(log_) - 100)
		log_length += (size_t)vsnprintf(log_ + log_length, 100, format, args);
	va_end(args);
}

#define U uint64_t
void __wrap_probe_refill_start(U cache, U cpu, U node, U requested);
void __wrap_probe_refill_start(U cache, U cpu, U node, U requested)
{
	assert_int_equal(cache, cachep->id);
	(void)node, (void)cpu;
	fired("start(%d) ", (int)requested);
}

void __wrap_probe_refill_done(U cache, U cpu, U node, U requested, U got, U origin, U ns, U hits);
void __wrap_probe_refill_done(U cache, U cpu, U node, U requested, U got, U origin, U ns, U hits)
{
	assert_int_equal(cache, cachep->id);
	(void)cpu, (void)node, (void)requested, (void)hits;
	fired("done(%d,%s%s)\n", (int)got,
	      origin == SLAB_ORIGIN_GROWN     ? "grown"
	      : origin == SLAB_ORIGIN_PARTIAL ? "partial"
	      : origin == SLAB_ORIGIN_SHARED  ? "shared"
	      : origin == SLAB_ORIGIN_FREE    ? "free"
	      : origin == SLAB_ORIGIN_FAILED  ? "failed"
					      : "?",
	      ns == SLAB_UNPAIRED ? ",unpaired" : "");
}

void __wrap_probe_grow(U cache, U node, U slab, U objects, U colour, U ns, U seq, U cpu);
void __wrap_probe_grow(U cache, U node, U slab, U objects, U colour, U ns, U seq, U cpu)
{
	(void)cache, (void)node, (void)slab, (void)colour, (void)ns, (void)seq, (void)cpu;
	fired("grow(%d) ", (int)objects);
}

void __wrap_probe_list_move(U cache, U node, U slab, U from, U to, U inuse, U seq, U cpu);
void __wrap_probe_list_move(U cache, U node, U slab, U from, U to, U inuse, U seq, U cpu)
{
	static const char name[] = "-fpF"; /* none, free, partial, full */

	(void)cache, (void)node, (void)slab, (void)cpu;
	if (seq <= last_seq)
		violations++; /* steps must fire in their order */
	last_seq = seq;
	fired("%c>%c(%d) ", name[from], name[to], (int)inuse);
}

void __wrap_probe_transfer(U cache, U cpu, U node, U count, U direction, U seq);
void __wrap_probe_transfer(U cache, U cpu, U node, U count, U direction, U seq)
{
	(void)cache, (void)cpu, (void)node, (void)seq;
	fired("%s(%d) ", direction == SLAB_TO_SHARED ? "to_shared" : "from_shared", (int)count);
}

void __wrap_probe_flush(U cache, U cpu, U node, U count, U ns, U hits);
void __wrap_probe_flush(U cache, U cpu, U node, U count, U ns, U hits)
{
	(void)cache, (void)cpu, (void)node, (void)ns, (void)hits;
	fired("flush(%d)\n", (int)count);
}

void __wrap_probe_slab_destroy(U cache, U node, U slab, U seq, U cpu);
void __wrap_probe_slab_destroy(U cache, U node, U slab, U seq, U cpu)
{
	(void)cache, (void)node, (void)slab, (void)seq, (void)cpu;
	fired("destroy ");
}

static void trace(unsigned short on)
{
	slab_refill_start_semaphore = slab_refill_done_semaphore = on;
	slab_grow_semaphore = slab_list_move_semaphore = slab_transfer_semaphore = on;
	slab_flush_semaphore = slab_slab_destroy_semaphore = on;
}

static int setup(void **state)
{
	(void)state;
	clock_reads = violations = 0;
	last_seq = 0;
	log_length = 0;
	log_[0] = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	trace(0);
	return 0;
}

static void make(unsigned flags, unsigned cpus, unsigned limit, unsigned batchcount)
{
	struct slab_topology t = {
		.cpus = cpus, .nodes = 1, .limit = limit, .batchcount = batchcount};

	cachep = slab_virtual_create("probes", 64, 0, flags, NULL, &t);
	assert_non_null(cachep);
}

static void churn(unsigned nr, int cpus)
{
	static void *live[2000];

	for (unsigned i = 0; i < nr; i++)
		live[i] = slab_virtual_alloc(cachep, 0, (int)(i / 70) % cpus);
	for (unsigned i = 0; i < nr; i++)
		slab_virtual_free(cachep, live[i], (int)(i / 200) % cpus);
}

static void silent_and_without_clock_untraced(void **state)
{
	(void)state;
	make(0, 2, 0, 0);
	churn(2000, 2);
	assert_int_equal(clock_reads, 0);
	assert_string_equal(log_, "");
	kmem_cache_destroy(cachep);
}

static void never_under_a_lock_or_the_clock(void **state)
{
	(void)state;
	make(0, 2, 0, 0);
	trace(1);
	churn(2000, 2);
	churn(2000, 2);
	trace(0);
	assert_int_equal(violations, 0);
	assert_true(clock_reads > 20);
	assert_non_null(strstr(log_, "from_shared("));
	assert_non_null(strstr(log_, "to_shared("));
	assert_non_null(strstr(log_, "grow("));
	assert_non_null(strstr(log_, "flush("));
	kmem_cache_destroy(cachep);
}

static void steps_of_refills(void **state)
{
	(void)state;
	make(SLAB_NO_SHARED, 1, 0, 0);
	trace(1);
	for (int i = 0; i < 16 + 47 + 60 + 3; i++)
		slab_virtual_alloc(cachep, 0, 0);
	assert_string_equal(log_, "start(16) grow(63) ->f(0) f>p(16) done(16,grown)\n"
				  "start(60) p>F(63) done(47,partial)\n"
				  "start(60) grow(63) ->f(0) f>p(60) done(60,grown)\n"
				  "start(60) p>F(63) done(3,partial)\n");
	assert_int_equal(violations, 0);
}

/* The lists of a slab, from the first allocation to the last free. */
static void lists_of_a_slab(void **state)
{
	void *live[63];

	(void)state;
	make(SLAB_NO_SHARED, 1, 1, 1);
	slab_list_move_semaphore = 1;
	for (int i = 0; i < 63; i++)
		live[i] = slab_virtual_alloc(cachep, 0, 0);
	for (int i = 0; i < 63; i++)
		slab_virtual_free(cachep, live[i], 0);
	kmem_cache_shrink(cachep);
	assert_string_equal(log_, "->f(0) f>p(1) p>F(63) F>p(62) p>f(0) f>-(0) ");
	kmem_cache_destroy(cachep);
}

static void began_in_the_middle(void **state)
{
	(void)state;
	make(SLAB_NO_SHARED, 1, 0, 0);
	/* A refill during which tracing begins. */
	slab_refill_start_semaphore = 1;
	slab_virtual_alloc(cachep, 0, 0);
	assert_int_equal(clock_reads, 0);
	assert_string_equal(log_, "start(16) ");
}

/* ---- a listener in the same program --------------------------------------------------------- */

static unsigned told, told_failed;
static uint64_t told_ns;

static void listen_to(struct kmem_cache *of, unsigned origin, uint64_t ns)
{
	assert_ptr_equal(of, cachep);
	assert_true(ns != SLAB_UNPAIRED);
	told++;
	told_failed += origin == SLAB_ORIGIN_FAILED;
	told_ns += ns;
	fired("told ");
}

/* The hook gets each refill once, after the clock has stopped and before its probes fire. */
static void refills_are_told(void **state)
{
	void *objp[40];

	(void)state;
	make(0, 1, 8, 4);
	told = 0;
	slab_measure_refills(listen_to);
	slab_measure_refills(listen_to); /* is no second listener */
	assert_int_equal(slab_refill_done_semaphore, 1);
	for (unsigned i = 0; i < 40; i++)
		objp[i] = slab_virtual_alloc(cachep, 0, 0);
	slab_measure_refills(NULL);
	slab_measure_refills(NULL);
	assert_int_equal(slab_refill_done_semaphore, 0);
	assert_int_equal(told, slab_virtual_cpu(cachep, 0)->counters.refills);
	assert_int_equal(told, 10);
	assert_int_equal(told_failed, 0);
	assert_true(told_ns > 0);
	assert_int_equal(violations, 0);
	assert_memory_equal(log_, "told done(4", 11);
	assert_int_equal(clock_reads, 2 * told);
	for (unsigned i = 0; i < 40; i++)
		slab_virtual_free(cachep, objp[i], 0);
	assert_non_null(slab_virtual_alloc(cachep, 0, 0));
	assert_int_equal(told, 10);
	assert_int_equal(clock_reads, 20);
	assert_true(slab_measure_empty() < 1000000000);
	assert_int_equal(clock_reads, 22);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(silent_and_without_clock_untraced, setup, teardown),
		cmocka_unit_test_setup_teardown(never_under_a_lock_or_the_clock, setup, teardown),
		cmocka_unit_test_setup_teardown(steps_of_refills, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_of_a_slab, setup, teardown),
		cmocka_unit_test_setup_teardown(began_in_the_middle, setup, teardown),
		cmocka_unit_test_setup_teardown(refills_are_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
