// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The program's own handlers of fork() allocate and free. It registers them before it calls libslab
 * for the first time.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_help.h"

#define OBJECTS 1000

static struct kmem_cache *cachep;
static unsigned prepared, parents, children;

static void use(void)
{
	void *objp[OBJECTS];

	if (!cachep)
		return;
	for (unsigned i = 0; i < OBJECTS; i++)
		if (!(objp[i] = kmem_cache_alloc(cachep, 0)))
			_exit(3);
	for (unsigned i = 0; i < OBJECTS; i++)
		kmem_cache_free(cachep, objp[i]);
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

static void handlers_allocate(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	alarm(60);
	pthread_atfork(prepare, parent, child);
	pid = fork(); /* libslab has not started */
	if (!pid)
		_exit(children != 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	cachep = kmem_cache_create("handlers", 64, 0, 0, NULL);
	for (unsigned i = 2; i < 10; i++) {
		pid = fork();
		if (!pid) {
			use();
			_exit(children != 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		assert_int_equal(prepared, i);
		assert_int_equal(parents, i);
		use();
	}
	check(cachep, NULL, 0);
	kmem_cache_destroy(cachep);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(handlers_allocate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
