// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Stacks of 8 KiB: each call of libslab gets along with them, traced or not, in event mode, with
 * several nodes, and with batches of any size. A page without access is below the stack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <cmocka.h>

#include "probes.h"
#include "unwatched.h"
#include "slab.h"

#define STACK	(8u << 10)
#define NEED	(4u << 10) /* what slab.h says */
#define GUARD	(64u << 10)
#define OBJECTS 5000
#define PAINT	0x5a

static void trace(unsigned short on)
{
	slab_refill_start_semaphore = slab_refill_done_semaphore = on;
	slab_grow_semaphore = slab_list_move_semaphore = slab_transfer_semaphore = on;
	slab_flush_semaphore = slab_slab_destroy_semaphore = slab_notes_lost_semaphore = on;
	slab_cache_create_semaphore = slab_cache_destroy_semaphore = slab_totals_semaphore = on;
	slab_reap_semaphore = slab_shrink_semaphore = slab_tune_semaphore = on;
}

static void see_events(unsigned short on)
{
	trace(on);
	slab_events_semaphore = slab_alloc_semaphore = slab_free_semaphore = on;
}

static ucontext_t test, small;
static unsigned deepest; /* bytes of the stack that the last call used */

static unsigned used(const unsigned char *stack)
{
	unsigned untouched = 0;

	while (untouched < STACK && stack[untouched] == PAINT)
		untouched++;
	return STACK - untouched;
}

/* Runs a function on a stack of 8 KiB. */
static void on_small_stack(void (*function)(void))
{
	unsigned char *map =
		mmap(NULL, GUARD + STACK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned now;

	if (map == MAP_FAILED || mprotect(map + GUARD, STACK, PROT_READ | PROT_WRITE))
		_exit(2);
	memset(map + GUARD, PAINT, STACK);
	getcontext(&small);
	small.uc_stack.ss_sp = map + GUARD;
	small.uc_stack.ss_size = STACK;
	small.uc_link = &test;
	makecontext(&small, function, 0);
	if (swapcontext(&test, &small))
		_exit(3);
	now = used(map + GUARD);
	deepest = now > deepest ? now : deepest;
	munmap(map, GUARD + STACK);
}

static struct kmem_cache *cachep;
static size_t object_size;
static unsigned flags;
static void *object[OBJECTS];

static void make(void)
{
	cachep = kmem_cache_create("small stack", object_size, 0, flags, NULL);
	if (!cachep)
		_exit(4);
}

static void alloc_all(void)
{
	for (unsigned i = 0; i < OBJECTS; i++)
		if (!(object[i] = kmem_cache_alloc(cachep, 0)))
			_exit(5);
}

static void alloc_on_nodes(void)
{
	for (unsigned i = 0; i < OBJECTS; i++) {
		object[i] = kmem_cache_alloc_node(cachep, 0, (int)(i % 2));
		if (!object[i] && !(object[i] = kmem_cache_alloc_node(cachep, 0, 0)))
			_exit(6);
	}
}

static void free_all(void)
{
	for (unsigned i = 0; i < OBJECTS; i++)
		kmem_cache_free(cachep, object[i]);
}

static void in_bulk(void)
{
	if (kmem_cache_alloc_bulk(cachep, 0, OBJECTS, object) != OBJECTS)
		_exit(7);
	kmem_cache_free_bulk(cachep, OBJECTS, object);
}

static void any_size(void)
{
	for (unsigned i = 0; i < 30000; i += 100)
		kfree(kmalloc(i, 0));
}

static void tune(void)
{
	if (kmem_cache_tune(cachep, 1024, 1000, 0))
		_exit(8);
}

static void tune_shared(void)
{
	if (kmem_cache_tune(cachep, 1024, 1000, 1))
		_exit(9);
}

static void age(void)
{
	for (unsigned i = 0; i < 4; i++)
		slab_reap();
}

static void shrink(void)
{
	kmem_cache_shrink(cachep);
}

static void destroy(void)
{
	kmem_cache_destroy(cachep);
}

/* Every call that allocates or frees. */
static void use(void)
{
	static void (*const calls[])(void) = {alloc_all, free_all, alloc_on_nodes, free_all,
					      in_bulk,	 age,	   any_size,	   shrink};

	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		on_small_stack(calls[i]);
}

static void whole_life(size_t size, unsigned f)
{
	object_size = size;
	flags = f;
	on_small_stack(make);
	use();
	on_small_stack(tune);
	use();
	on_small_stack(tune_shared);
	use();
	on_small_stack(destroy);
}

static void lives(void (*watch)(unsigned short), const char *nodes, const char *backend)
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		setenv("SLAB_NODES", nodes, 1);
		setenv("SLAB_BACKEND", backend, 1);
		if (watch)
			watch(1);
		whole_life(64, 0);
		whole_life(64, SLAB_BUFCTL | SLAB_OFF_SLAB);
		whole_life(1000, SLAB_NO_SHARED);
		printf("# at most %u bytes of stack\n", deepest);
		fflush(stdout);
		_exit(deepest > NEED);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void with_all(void (*watch)(unsigned short))
{
	lives(watch, "1", "rseq");
	lives(watch, "2", "rseq");
	lives(watch, "1", "lock");
	lives(watch, "2", "lock");
}

static void untraced(void **state)
{
	(void)state;
	with_all(NULL);
}

static void traced(void **state)
{
	(void)state;
	with_all(trace);
}

static void event_mode(void **state)
{
	(void)state;
	with_all(see_events);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(untraced),
		cmocka_unit_test(traced),
		cmocka_unit_test(event_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
