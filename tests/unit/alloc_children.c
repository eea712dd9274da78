// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Threads over whose sequences the kernel does not watch: children that share memory with their
 * parent, and threads without a registration. Their hits fail, and their calls work.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_help.h"
#include "registration.h"

#ifndef SLAB_INLINE_HIT
int main(void)
{
	printf("1..0 # SKIP this build has no sequences\n");
	return 0;
}
#else

#define OBJECTS 500
#define STACK	(64 * 1024)

static struct kmem_cache *cachep;
static char stack[STACK] __attribute__((aligned(16)));

/* ---- what a thread or child does ------------------------------------------------------------ */

/* Allocates many objects, marks them as its own, and sees that nobody else gets them. */
static __attribute__((noinline)) bool work(uintptr_t me)
{
	uintptr_t *objp[OBJECTS];
	bool well = true;

	for (unsigned i = 0; i < OBJECTS; i++) {
		objp[i] = kmem_cache_alloc(cachep, 0);
		if (!objp[i])
			return false;
		*objp[i] = me;
	}
	for (unsigned i = 0; i < OBJECTS; i++) {
		well = well && *objp[i] == me;
		kmem_cache_free(cachep, objp[i]);
	}
	return well;
}

/* Returns the next hit's object, which goes back at once, or NULL where hits fail. */
static __attribute__((noinline)) void *hit(void)
{
	void *objp = slab_hit_alloc(cachep);

	if (objp)
		kmem_cache_free(cachep, objp);
	return objp;
}

static uint64_t units(void)
{
	uint64_t sum = 0;

	for (unsigned cpu = 0; cpu < cachep->nr_cpus; cpu++)
		sum = sum * 31 + cachep->cpu[cpu].state;
	return sum;
}

/* Works out of line: neither reads nor writes an array. Returns an exit status. */
static __attribute__((noinline)) int out_of_line(void)
{
	uint64_t before = units();

	if (hit())
		return 1;
	if (!work(2))
		return 2;
	return units() == before ? 0 : 3;
}

static void fill_arrays(void)
{
	cpu_set_t all, one;

	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
		assert_true(work(1));
	}
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
}

/* Objects may lie where a child left them: the next call renews the registration, and hits. */
static void hits_again(void)
{
	assert_true(work(1));
	assert_true(registration_cpu() >= 0);
	assert_non_null(hit());
	check(cachep, NULL, 0);
}

static void exits_well(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	assert_int_equal(status, 0);
}

/* ---- children -------------------------------------------------------------------------------- */

/* libslab starts after the first vfork(): it must not take the thread for one without rseq. */
static void first_use_after_vfork(void **state)
{
	pid_t pid = vfork();

	(void)state;
	if (!pid)
		_exit(0);
	exits_well(pid);
	cachep = kmem_cache_create("children", 64, 0, 0, NULL);
	assert_int_equal(cachep->backend, CACHE_RSEQ);
	fill_arrays();
	hits_again();
}

static void child_of_vfork(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		pid_t pid = vfork();

		if (!pid)
			_exit(out_of_line());
		exits_well(pid);
		hits_again();
	}
}

/* The child of the child shares the memory, too. AddressSanitizer's vfork() does not bear it. */
#ifndef __SANITIZE_ADDRESS__
static void grandchild_of_vfork(void **state)
{
	pid_t pid = vfork();

	(void)state;
	if (!pid) {
		pid = vfork();
		if (!pid)
			_exit(out_of_line());
		_exit(out_of_line());
	}
	exits_well(pid);
	hits_again();
}
#endif

/* fork() copies the memory: its child may register itself. */
static void fork_after_vfork(void **state)
{
	pid_t pid = vfork();

	(void)state;
	if (!pid)
		_exit(0);
	exits_well(pid);
	assert_true(registration_cpu() < 0);
	pid = fork();
	if (!pid) {
		hits_again();
		_exit(0);
	}
	exits_well(pid);
	hits_again();
}

static int cloned(void *unused)
{
	(void)unused;
	return out_of_line();
}

static void child_of_clone(void **state)
{
	(void)state;
	exits_well(clone(cloned, stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
	hits_again();
}

/* Runs a function on a thread of its own. Returns its exit status. */
static int on_thread(void *(*function)(void *))
{
	pthread_t thread;
	void *status;

	assert_int_equal(pthread_create(&thread, NULL, function, NULL), 0);
	assert_int_equal(pthread_join(thread, &status), 0);
	return (int)(intptr_t)status;
}

static void *clones(void *unused)
{
	pid_t pid = clone(cloned, stack + STACK, CLONE_VM | SIGCHLD, NULL);
	int status = 0;

	(void)unused;
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return (void *)10;
	return (void *)(intptr_t)out_of_line(); /* another child may still use the area */
}

/* The parent goes on beside the child, with the same area. */
static void child_beside_its_parent(void **state)
{
	(void)state;
	assert_int_equal(on_thread(clones), 0);
	hits_again();
}

/* A child with memory of its own has a registration of its own. */
static int cloned_apart(void *unused)
{
	(void)unused;
	return registration_cpu() < 0 || !work(3) || !hit();
}

static void child_with_a_copy(void **state)
{
	(void)state;
	exits_well(clone(cloned_apart, stack + STACK, SIGCHLD, NULL));
	assert_true(registration_cpu() >= 0);
	assert_int_equal(clone(cloned, NULL, CLONE_VM | SIGCHLD, NULL), -1);
	hits_again();
}

/* ---- threads --------------------------------------------------------------------------------- */

static void *unregisters(void *unused)
{
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
	int status;

	(void)unused;
	if (syscall(SYS_rseq, area, __rseq_size < 32 ? 32 : __rseq_size, RSEQ_FLAG_UNREGISTER,
		    RSEQ_SIG))
		return (void *)10;
	status = out_of_line();
	/* glibc writes this where the kernel refuses. */
	((struct rseq *)area)->cpu_id = (uint32_t)RSEQ_CPU_ID_REGISTRATION_FAILED;
	if (!status)
		status = out_of_line();
	return registration_cpu() < 0 ? (void *)(intptr_t)status : (void *)11; /* it wanted so */
}

static void unregistered_thread(void **state)
{
	(void)state;
	assert_int_equal(on_thread(unregisters), 0);
	check(cachep, NULL, 0);
}

static bool done;

static void *beside(void *number)
{
	while (!__atomic_load_n(&done, __ATOMIC_RELAXED))
		if (!work((uintptr_t)number))
			return number;
	return NULL;
}

static void children_beside_threads(void **state)
{
	pthread_t thread[3];
	void *failed;

	(void)state;
	for (uintptr_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, beside, (void *)(10 + i)), 0);
	for (uintptr_t i = 0; i < 200; i++) {
		pid_t pid = vfork();

		if (!pid)
			_exit(!work(20));
		exits_well(pid);
		assert_true(work(21));
	}
	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(thread[i], &failed), 0);
		assert_null(failed);
	}
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_use_after_vfork),
		cmocka_unit_test(child_of_vfork),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(grandchild_of_vfork),
#endif
		cmocka_unit_test(fork_after_vfork),
		cmocka_unit_test(child_of_clone),
		cmocka_unit_test(child_beside_its_parent),
		cmocka_unit_test(child_with_a_copy),
		cmocka_unit_test(unregistered_thread),
		cmocka_unit_test(children_beside_threads),
	};

	if (!registration_usable() || getenv("SLAB_BACKEND")) {
		printf("1..0 # SKIP this process runs no sequences\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
