// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Each request of libslab for memory fails once, in turn. The call must report it, lose nothing,
 * and work the next time. The linker wraps mmap(), munmap() and mprotect() (see the Makefile).
 * Each failure has its own process, from the first call of libslab on.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_help.h"
#include "caches.h"
#include "pages.h"
#include "scratch.h"

static unsigned requests, fail_at; /* the fail_at-th request fails; 0: none */
static bool fail_all;
static long mapped; /* bytes, net */

static bool fails(void)
{
	unsigned request = __atomic_add_fetch(&requests, 1, __ATOMIC_RELAXED);

	if (request != fail_at && !__atomic_load_n(&fail_all, __ATOMIC_RELAXED))
		return false;
	errno = ENOMEM;
	return true;
}

void *__real_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	void *got = fails() ? MAP_FAILED : __real_mmap(at, bytes, prot, flags, fd, offset);

	if (got != MAP_FAILED)
		__atomic_fetch_add(&mapped, (long)bytes, __ATOMIC_RELAXED);
	return got;
}

int __real_munmap(void *at, size_t bytes);
int __wrap_munmap(void *at, size_t bytes);
int __wrap_munmap(void *at, size_t bytes)
{
	__atomic_fetch_sub(&mapped, (long)bytes, __ATOMIC_RELAXED);
	return __real_munmap(at, bytes);
}

int __real_mprotect(void *at, size_t bytes, int prot);
int __wrap_mprotect(void *at, size_t bytes, int prot);
int __wrap_mprotect(void *at, size_t bytes, int prot)
{
	return fails() ? -1 : __real_mprotect(at, bytes, prot);
}

/* ---- a process that goes through everything that asks for memory -------------------------- */

/* The result of a process. */
struct report {
	char wrong[200];
	unsigned requests, failures; /* made; and calls that reported it */
	long mapped;		     /* bytes left, beyond those of the first cache */
};

static struct report report;

static __attribute__((format(printf, 1, 2))) void wrong(const char *format, ...)
{
	va_list args;

	if (*report.wrong)
		return;
	va_start(args, format);
	vsnprintf(report.wrong, sizeof(report.wrong), format, args);
	va_end(args);
}

/* A call may fail once, where its request fails, and never else. */
#define TWICE(what, call)                                               \
	({                                                              \
		typeof(call) good_ = (call);                            \
                                                                        \
		if (!good_) {                                           \
			report.failures++;                              \
			if (!fail_at || requests < fail_at)             \
				wrong("%s failed for no reason", what); \
			good_ = (call);                                 \
			if (!good_)                                     \
				wrong("%s failed twice", what);         \
		}                                                       \
		good_;                                                  \
	})

/* The lock keeps ageing away, where SLAB_REAP is set. */
static unsigned long walk_locked(struct kmem_cache *cachep, void **objp, size_t nr,
				 struct slab_check *to)
{
	unsigned long errors;

	caches_lock_all();
	errors = slab_check(cachep, objp, nr, to);
	caches_unlock_all();
	return errors;
}

static void walk(struct kmem_cache *cachep, void **objp, size_t nr)
{
	struct slab_check c;

	if (walk_locked(cachep, objp, nr, &c))
		wrong("the walker: %s", c.error);
}

static struct kmem_cache *make_one(size_t size, unsigned flags, const struct slab_topology *t)
{
	struct kmem_cache *cachep;

	errno = 0;
	cachep = t ? slab_virtual_create("failing", size, 0, flags, NULL, t)
		   : kmem_cache_create("failing", size, 0, flags, NULL);
	if (!cachep && errno != ENOMEM)
		wrong("a cache was refused with errno %d", errno);
	return cachep;
}

#define OBJECTS 300

static void use(size_t size, unsigned flags, const struct slab_topology *t)
{
	struct kmem_cache *cachep = TWICE("kmem_cache_create", make_one(size, flags, t));
	void *objp[OBJECTS];
	int cpu = 0;

	if (*report.wrong)
		return;
	for (unsigned i = 0; i < OBJECTS && !*report.wrong; i++) {
		if (t)
			cpu = (int)(i % t->cpus);
		objp[i] = t ? TWICE("alloc", slab_virtual_alloc(cachep, 0, cpu))
			    : TWICE("alloc", kmem_cache_alloc(cachep, 0));
		if (i == 100 || i == 200) {
			walk(cachep, objp, i + 1);
			(void)TWICE("kmem_cache_tune",
				    kmem_cache_tune(cachep, i / 10, i / 20, 3) == 0 ? "" : NULL);
			walk(cachep, objp, i + 1);
		}
	}
	for (unsigned i = 0; i < OBJECTS && !*report.wrong; i++) {
		if (t)
			slab_virtual_free(cachep, objp[i], (int)((i + 1) % t->cpus));
		else
			kmem_cache_free(cachep, objp[i]);
	}
	walk(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

static void use_bulk(void)
{
	struct kmem_cache *cachep = TWICE("kmem_cache_create", make_one(1024, 0, NULL));
	static void *objp[6000];

	if (*report.wrong)
		return;
	if (TWICE("bulk", kmem_cache_alloc_bulk(cachep, 0, 6000, objp)) != 6000)
		wrong("bulk gave something else than all or nothing");
	walk(cachep, objp, 6000);
	kmem_cache_free_bulk(cachep, 6000, objp);
	walk(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

static void use_kmalloc(void)
{
	static const size_t size[] = {8, 100, 2000, 8192, 100000, 4 << 20};
	void *objp[6];

	for (unsigned i = 0; i < 6; i++) {
		objp[i] = TWICE("kmalloc", kmalloc(size[i], 0));
		if (objp[i])
			memset(objp[i], 1, size[i]);
	}
	for (unsigned i = 0; i < 6; i++)
		kfree(objp[i]);
}

static void go_through(void)
{
	struct slab_topology nodes = {
		.cpus = 5, .nodes = 4, .limit = 12, .batchcount = 6, .sharedfactor = 2};
	long before;

	use(64, 0, NULL); /* libslab starts with it: the failure may change how much it reserves */
	scratch_trim();	  /* there is a buffer for each CPU that flushed */
	before = mapped;
	use(64, SLAB_OFF_SLAB, NULL);
	use(100000, 0, NULL);
	use(200, SLAB_BUFCTL, &nodes);
	use(2000, 0, &nodes);
	use_bulk();
	use_kmalloc();
	/* Only libslab's own caches are left, and nothing is in use in them. */
	for (struct kmem_cache *cachep = caches_lock_all(); cachep; cachep = cachep->next)
		kmem_cache_shrink(cachep);
	caches_unlock_all();
	if (pages_used())
		wrong("%lu pages are left", pages_used());
	report.requests = requests;
	report.mapped = mapped - before;
}

/* Runs a case in its own process. Returns its result, or why there is none. */
static struct report in_child(unsigned at)
{
	struct report got = {.wrong = ""};
	int pipes[2], status;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		fail_at = at;
		requests = 0;
		mapped = 0;
		alarm(60);
		/* A crash keeps its signal: cmocka must not catch it. */
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_DFL);
		go_through();
		_exit(write(pipes[1], &report, sizeof(report)) != sizeof(report));
	}
	close(pipes[1]);
	if (read(pipes[0], &got, sizeof(got)) != sizeof(got))
		strcpy(got.wrong, "no report");
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		snprintf(got.wrong, sizeof(got.wrong), "it ended with status %#x", status);
	return got;
}

static void each_request_fails_once(void **state)
{
	struct report good = in_child(0);
	unsigned told = 0;

	(void)state;
	assert_string_equal(good.wrong, "");
	assert_int_equal(good.failures, 0);
	assert_true(good.requests > 30);
	for (unsigned at = 1; at <= good.requests; at++) {
		struct report got = in_child(at);

		if (*got.wrong)
			fail_msg("request %u of %u: %s", at, good.requests, got.wrong);
		assert_int_equal(got.mapped, good.mapped);
		told += got.failures;
	}
	printf("# %u requests, %u failures told to the caller\n", good.requests, told);
	/* libslab can do without the others: a smaller range, another chunk. */
	assert_true(told > good.requests / 2);
}

/* ---- fork() while memory is short --------------------------------------------------------- */

static struct kmem_cache *short_of;
static bool stop;

static void *press(void *unused)
{
	static __thread void *objp[2000];
	unsigned nr = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		while (nr < 2000 && (objp[nr] = kmem_cache_alloc(short_of, 0)))
			nr++;
		while (nr)
			kmem_cache_free(short_of, objp[--nr]);
	}
	return unused;
}

/*
 * The objects of other threads stay out in the child. No object may be in two places, and the
 * child must work.
 */
static int child_goes_on(void)
{
	static void *objp[5000];
	struct slab_check before, after;
	unsigned nr = 0;

	/* Counts begin at 0 in a child, without the objects of its lost threads: one error. */
	walk_locked(short_of, NULL, 0, &before);
	if (before.errors > 1 || (before.errors && !strstr(before.error, "the counters say")))
		return 1;
	fail_all = true;
	while (nr < 5000 && (objp[nr] = kmem_cache_alloc(short_of, 0)))
		nr++;
	if (nr == 5000)
		return 2;
	fail_all = false;
	pages_set_limit(0);
	objp[nr] = kmem_cache_alloc(short_of, 0);
	if (!objp[nr])
		return 3;
	walk_locked(short_of, NULL, 0, &after);
	if (after.out != before.out + nr + 1)
		return 4;
	do
		kmem_cache_free(short_of, objp[nr]);
	while (nr--);
	walk_locked(short_of, NULL, 0, &after);
	return after.out != before.out || after.errors > 1 ? 5 : 0;
}

static void fork_under_pressure(void **state)
{
	pthread_t thread[3];

	(void)state;
	short_of = kmem_cache_create("short", 64, 0, 0, NULL);
	assert_non_null(short_of);
	pages_set_limit(pages_used() + 40);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, press, NULL), 0);
	for (unsigned i = 0; i < 40; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			alarm(60);
			_exit(child_goes_on());
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	pages_set_limit(0);
	check(short_of, NULL, 0);
	kmem_cache_destroy(short_of);
}

/* ---- no memory for the batch and the notes of a step ---------------------------------------- */

static unsigned long notes_lost;

void __wrap_probe_notes_lost(uint64_t cache, uint64_t cpu, uint64_t count);
void __wrap_probe_notes_lost(uint64_t cache, uint64_t cpu, uint64_t count)
{
	(void)cache, (void)cpu;
	notes_lost += count;
}

static void trace(unsigned short on)
{
	slab_grow_semaphore = slab_list_move_semaphore = slab_transfer_semaphore = on;
	slab_notes_lost_semaphore = on;
}

static void *objp[6000];

/* Allocates and frees while no memory can be mapped. Returns how many notes were lost. */
static unsigned long without_buffers(const char *name, unsigned sharedfactor)
{
	struct kmem_cache *cachep = kmem_cache_create(name, 64, 0, 0, NULL);
	unsigned long traced;

	assert_non_null(cachep);
	assert_int_equal(kmem_cache_tune(cachep, 1000, 900, sharedfactor), 0);
	for (unsigned i = 0; i < 6000; i++)
		assert_non_null(objp[i] = kmem_cache_alloc(cachep, 0));
	for (unsigned i = 0; i < 5999; i++)
		kmem_cache_free(cachep, objp[i]);
	kmem_cache_shrink(cachep); /* gives the buffers back; the pages stay open */
	objp[0] = objp[5999];
	notes_lost = 0;
	trace(1);
	fail_all = true;
	for (unsigned i = 1; i < 6000; i++)
		assert_non_null(objp[i] = kmem_cache_alloc(cachep, 0));
	check(cachep, objp, 6000);
	for (unsigned i = 0; i < 6000; i++)
		kmem_cache_free(cachep, objp[i]);
	fail_all = false;
	trace(0);
	traced = notes_lost;
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
	return traced;
}

static void no_room_for_a_step(void **state)
{
	(void)state;
	assert_true(without_buffers("slabs", 0) > 0);
	assert_true(without_buffers("shared", 1) > 0);
}

int main(void)
{
	/* The first test runs before this process has called libslab: its children start it. */
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_fails_once),
		cmocka_unit_test(fork_under_pressure),
		cmocka_unit_test(no_room_for_a_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
