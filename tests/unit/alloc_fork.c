// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The program's own handlers of fork() use libslab. It registers them before libslab registers its
 * own, as where libslab is loaded late, and again before it calls libslab for the first time.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_help.h"

#define OBJECTS 1000

static struct kmem_cache *cachep;
static unsigned prepared, parents, children;
static bool nested;

static void use(void)
{
	void *objp[OBJECTS], *large;
	struct kmem_cache *other;

	if (!cachep)
		return;
	for (unsigned i = 0; i < OBJECTS; i++)
		if (!(objp[i] = kmem_cache_alloc(cachep, 0)))
			_exit(3);
	for (unsigned i = 0; i < OBJECTS; i++)
		kmem_cache_free(cachep, objp[i]);
	large = kmalloc(100000, 0);
	other = kmem_cache_create("of a handler", 64, 0, 0, NULL);
	if (!large || !other)
		_exit(4);
	kmem_cache_free(other, kmem_cache_alloc(other, 0));
	slab_reap();
	kmem_cache_shrink(cachep);
	kmem_cache_destroy(other);
	kfree(large);
}

static void prepare(void)
{
	use();
	prepared++;
}

static void parent(void)
{
	use();
	parents++;
}

static void child(void)
{
	use();
	children++;
}

/* Before libslab, whose constructor has priority 101. */
#pragma GCC diagnostic ignored "-Wprio-ctor-dtor"
__attribute__((constructor(100))) static void early(void)
{
	pthread_atfork(prepare, parent, child);
}

static void exits_well(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void handlers_allocate(void **state)
{
	pid_t pid;

	(void)state;
	alarm(100);
	pthread_atfork(prepare, parent, child);
	pid = fork(); /* libslab has not started */
	if (!pid)
		_exit(children != 2);
	exits_well(pid);
	cachep = kmem_cache_create("handlers", 64, 0, 0, NULL);
	for (unsigned i = 2; i < 10; i++) {
		pid = fork();
		if (!pid) {
			use();
			_exit(children != 2);
		}
		exits_well(pid);
		assert_int_equal(prepared, 2 * i);
		assert_int_equal(parents, 2 * i);
		use();
	}
	check(cachep, NULL, 0);
}

/* A handler may even fork. */
static void fork_in_a_handler(void)
{
	pid_t pid;

	if (!nested)
		return;
	nested = false;
	pid = fork();
	if (!pid) {
		use();
		_exit(0);
	}
	exits_well(pid);
}

__attribute__((constructor(100))) static void early_fork(void)
{
	pthread_atfork(fork_in_a_handler, NULL, NULL);
}

static void handlers_fork(void **state)
{
	pid_t pid;

	(void)state;
	nested = true;
	pid = fork();
	if (!pid) {
		use();
		_exit(0);
	}
	exits_well(pid);
	assert_false(nested);
	use();
	check(cachep, NULL, 0);
}

static bool done;

static void *allocate(void *unused)
{
	while (!__atomic_load_n(&done, __ATOMIC_RELAXED))
		use();
	return unused;
}

/* The handlers run while other threads want to run steps. */
static void handlers_beside_threads(void **state)
{
	pthread_t thread[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, allocate, NULL), 0);
	for (unsigned i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (!pid) {
			use();
			_exit(0);
		}
		exits_well(pid);
	}
	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(handlers_allocate),
		cmocka_unit_test(handlers_fork),
		cmocka_unit_test(handlers_beside_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
