// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a container may hide: CPUs that /sys does not show, and membarrier behind a filter of system
 * calls. The linker wraps cpus_possible() (see tests.mk).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_help.h"
#include "pages.h"

#define THREADS 4
#define ROUNDS	300
#define OBJECTS 400

static unsigned shown; /* CPUs, 0: all */

unsigned __real_cpus_possible(void);
unsigned __wrap_cpus_possible(void);
unsigned __wrap_cpus_possible(void)
{
	return shown ? shown : __real_cpus_possible();
}

static struct kmem_cache *cachep;

static bool pin(unsigned thread)
{
	cpu_set_t all, one;
	int cpu = (int)(thread % (unsigned)sysconf(_SC_NPROCESSORS_ONLN));

	CPU_ZERO(&one);
	for (int i = 0; !sched_getaffinity(0, sizeof(all), &all) && i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &all) && cpu-- == 0)
			CPU_SET(i, &one);
	return !CPU_COUNT(&one) || !sched_setaffinity(0, sizeof(one), &one);
}

/* Allocates objects, marks them as its own, and sees that nobody else gets them. */
static void *work(void *number)
{
	uintptr_t me = (uintptr_t)number, *objp[OBJECTS];

	if (!pin((unsigned)me))
		_exit(10);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < OBJECTS; i++) {
			objp[i] = kmem_cache_alloc(cachep, 0);
			if (!objp[i])
				_exit(11);
			*objp[i] = me;
		}
		for (unsigned i = 0; i < OBJECTS; i++) {
			if (*objp[i] != me)
				_exit(12);
			kmem_cache_free(cachep, objp[i]);
		}
	}
	return NULL;
}

static void *change(void *unused)
{
	for (unsigned i = 0; i < ROUNDS / 4; i++) {
		if (kmem_cache_tune(cachep, 20 + i, 10, i % 3))
			_exit(13);
		kmem_cache_shrink(cachep);
		slab_reap();
	}
	return unused;
}

/* Runs threads while another one tunes and shrinks the cache. Ends the process. */
static void live(const char *nodes)
{
	pthread_t thread[THREADS + 1];
	struct slab_check c;

	alarm(60);
	setenv("SLAB_NODES", nodes, 1);
	cachep = kmem_cache_create("container", 64, 0, 0, NULL);
	if (!cachep)
		_exit(14);
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, work, (void *)i))
			_exit(15);
	if (pthread_create(&thread[THREADS], NULL, change, NULL))
		_exit(15);
	for (unsigned i = 0; i <= THREADS; i++)
		pthread_join(thread[i], NULL);
	if (slab_check(cachep, NULL, 0, &c)) {
		fprintf(stderr, "%s\n", c.error);
		_exit(16);
	}
	kmem_cache_destroy(cachep);
	_exit(pages_used() ? 17 : 0);
}

static void block_membarrier(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {.len = 4, .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		_exit(18);
}

static void in_child(unsigned cpus, bool blocked, const char *nodes)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		shown = cpus;
		if (blocked)
			block_membarrier();
		live(nodes);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void all_is_shown(void **state)
{
	(void)state;
	in_child(0, false, "1");
}

static void cpus_are_hidden(void **state)
{
	(void)state;
	in_child(1, false, "1");
	in_child(1, false, "2");
}

static void membarrier_is_blocked(void **state)
{
	(void)state;
	in_child(0, true, "1");
	in_child(0, true, "2");
	in_child(1, true, "1");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_shown),
		cmocka_unit_test(cpus_are_hidden),
		cmocka_unit_test(membarrier_is_blocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
