// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * kmalloc(), kfree() and ksize(): the cache of each size, larger sizes, and foreign addresses.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "caches.h"
#include "check.h"
#include "pages.h"
#include "reap.h"

#define THREADS 8

static const size_t classes[] = {8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192};
static const char *const names[] = {"kmalloc-8",   "kmalloc-16",  "kmalloc-32",	 "kmalloc-64",
				    "kmalloc-96",  "kmalloc-128", "kmalloc-192", "kmalloc-256",
				    "kmalloc-512", "kmalloc-1k",  "kmalloc-2k",	 "kmalloc-4k",
				    "kmalloc-8k"};
#define CLASSES (sizeof(classes) / sizeof(*classes))

static unsigned caches_named(const char *name)
{
	unsigned nr = 0;

	for (struct kmem_cache *c = caches_lock_all(); c; c = c->next)
		nr += !strcmp(c->name, name);
	caches_unlock_all();
	return nr;
}

static pthread_barrier_t barrier;

static void *first_use(void *unused)
{
	void *objp[CLASSES];

	for (unsigned i = 0; i < CLASSES; i++) {
		pthread_barrier_wait(&barrier);
		objp[i] = kmalloc(classes[i], 0);
		memset(objp[i], 1, classes[i]);
	}
	for (unsigned i = 0; i < CLASSES; i++)
		kfree(objp[i]);
	return unused;
}

/* Runs first: before it there is no cache, and after it one of each, in spite of races. */
static void caches_are_made_at_first_use(void **state)
{
	pthread_t thread[THREADS];

	(void)state;
	kfree(NULL);
	assert_int_equal(ksize(NULL), 0);
	for (unsigned i = 0; i < CLASSES; i++)
		assert_int_equal(caches_named(names[i]), 0);
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, first_use, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&barrier);
	for (unsigned i = 0; i < CLASSES; i++)
		assert_int_equal(caches_named(names[i]), 1);
}

static void each_size_has_its_cache(void **state)
{
	unsigned i = 0;

	(void)state;
	for (size_t size = 0; size <= 8192; size++) {
		char *objp = kmalloc(size, 0);

		if (size > classes[i])
			i++;
		assert_non_null(objp);
		assert_int_equal(ksize(objp), classes[i]);
		assert_string_equal(virt_to_slab(objp)->cache->name, names[i]);
		assert_int_equal((uintptr_t)objp % 8, 0);
		if ((classes[i] & (classes[i] - 1)) == 0)
			assert_int_equal((uintptr_t)objp % (classes[i] < 4096 ? classes[i] : 4096),
					 0);
		memset(objp, 0xa5, ksize(objp));
		kfree(objp);
	}
	assert_int_equal(i, CLASSES - 1);
}

/* Above the caches: whole runs of pages, which come back at once. */
static void large_sizes(void **state)
{
	static const size_t sizes[] = {8193, 12288, 16384, 16385, 100000, 1 << 20, 4 << 20};
	unsigned long before = pages_used();

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		char *objp = kmalloc(sizes[i], 0);
		size_t room = 4096;

		assert_non_null(objp);
		while (room < sizes[i])
			room *= 2;
		assert_int_equal(ksize(objp), room);
		assert_int_equal(pages_used() - before, room / 4096);
		assert_int_equal((uintptr_t)objp % 4096, 0);
		memset(objp, 0x5a, room);
		kfree(objp);
		assert_int_equal(pages_used(), before);
	}
	assert_null(kmalloc((4 << 20) + 1, 0));
	assert_null(kmalloc(SIZE_MAX, 0));
	assert_int_equal(pages_used(), before);
}

static void out_of_memory(void **state)
{
	static void *live[10000];
	size_t nr = 0;

	(void)state;
	reap_free_slabs();
	pages_set_limit(pages_used() + 3);
	assert_null(kmalloc(16384, 0)); /* four pages */
	pages_set_reserve(1);
	assert_null(kmalloc(16384, 0));
	live[0] = kmalloc(16384, SLAB_MEMALLOC);
	assert_non_null(live[0]);
	kfree(live[0]);
	pages_set_reserve(0);
	while ((live[nr] = kmalloc(96, 0)))
		nr++;
	assert_true(nr > 100 && nr < 10000);
	pages_set_limit(0);
	live[nr] = kmalloc(96, 0);
	assert_non_null(live[nr]);
	do {
		kfree(live[nr]);
	} while (nr--);
}

static void of_any_cache(void **state)
{
	struct kmem_cache *cachep = kmem_cache_create("mine", 100, 0, 0, NULL);
	struct slab_check c;
	void *live[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		live[i] = kmem_cache_alloc(cachep, 0);
	assert_int_equal(ksize(live[1]), 100);
	kfree(live[1]);
	live[1] = live[2];
	slab_check(cachep, live, 2, &c);
	assert_string_equal(c.error, "");
	kfree(live[0]);
	kfree(live[1]);
	kmem_cache_destroy(cachep);
}

/* Returns what a child prints on stderr before it aborts at kfree() or ksize() of objp. */
static void dies(void *objp, bool size, bool twice)
{
	char said[500] = "";
	int status, fd[2];
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		signal(SIGABRT, SIG_DFL);
		dup2(fd[1], 2);
		if (twice)
			kfree(objp);
		if (size)
			ksize(objp);
		else
			kfree(objp);
		_exit(0);
	}
	close(fd[1]);
	assert_true(read(fd[0], said, sizeof(said) - 1) > 0);
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(said, size ? "ksize(0x" : "kfree(0x"));
	assert_non_null(strstr(said, "libslab did not return this address"));
}

static void foreign_addresses(void **state)
{
	static char data[16];
	char stack[16], *heap = malloc(16), *large = kmalloc(100000, 0);

	(void)state;
	for (int size = 0; size < 2; size++) {
		dies(data, size, false);
		dies(stack, size, false);
		dies(heap, size, false);
		dies((void *)~(uintptr_t)7, size, false);
		dies(slab_pages.base, size, false); /* a page that libslab never uses */
		dies(large + 8, size, false);	    /* inside, its first page */
		dies(large + 8192, size, false);    /* and another one */
		dies(large, size, true);	    /* freed before */
#ifdef SLAB_DEBUG
		char *objp = kmalloc(64, 0);

		dies(objp + 8, size, false);
		kfree(objp);
#endif
	}
	kfree(large);
	free(heap);
}

static void *mail[256];

static void *work(void *arg)
{
	uint64_t random = 88172645463325252ull + (uintptr_t)arg;

	for (unsigned i = 0; i < 100000; i++) {
		size_t size;
		void *objp;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		size = random % 64 ? random % 300 : random % 40000;
		objp = kmalloc(size, 0);
		if (!objp || ksize(objp) < size)
			abort();
		memset(objp, (int)i, size);
		/* One thread frees objects of another. */
		kfree(__atomic_exchange_n(&mail[random % 256], objp, __ATOMIC_ACQ_REL));
	}
	return NULL;
}

static void many_threads(void **state)
{
	pthread_t thread[THREADS];
	struct slab_check c;

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		for (uintptr_t i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&thread[i], NULL, work, (void *)i), 0);
		for (unsigned i = 0; i < THREADS; i++)
			pthread_join(thread[i], NULL);
		for (unsigned i = 0; i < 256; i++) {
			kfree(mail[i]);
			mail[i] = NULL;
		}
		for (struct kmem_cache *cachep = caches_lock_all(); cachep; cachep = cachep->next)
			if (!strncmp(cachep->name, "kmalloc-", 8)) {
				slab_check(cachep, NULL, 0, &c);
				assert_string_equal(c.error, "");
				assert_int_equal(c.out, 0);
			}
		caches_unlock_all();
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(caches_are_made_at_first_use),
		cmocka_unit_test(each_size_has_its_cache),
		cmocka_unit_test(large_sizes),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(of_any_cache),
		cmocka_unit_test(foreign_addresses),
		cmocka_unit_test(many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
