// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Violated invariants stop the process: each case runs in a child, which must abort. Some cases
 * exist in debug builds (SLAB_DEBUG) only, which alone check them.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_help.h"
#include "refill.h"

static void dies(void (*sin)(struct kmem_cache *))
{
	struct kmem_cache *cachep = make(64, 1, 1, 120, 60, 8);
	int status;
	pid_t pid;

	slab_virtual_alloc(cachep, 0, 0);
	pid = fork();
	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		signal(SIGABRT, SIG_DFL);
		sin(cachep);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* BUG_ON(active >= num): a slab without a free object on the partial list. */
static void full_on_the_partial_list(struct kmem_cache *cachep)
{
	struct kmem_cache_node *n = get_node(cachep, 0);

	slab_pages.slab[n->slabs_partial.first].active = (uint16_t)cachep->num;
	while (slab_virtual_alloc(cachep, 0, 0))
		;
}

static void freed_twice(struct kmem_cache *cachep)
{
	void *objp = slab_virtual_alloc(cachep, 0, 0);

	for (int i = 0; i < 4000; i++)
		slab_virtual_free(cachep, objp, 0);
}

static void freed_inside(struct kmem_cache *cachep)
{
	char *objp = slab_virtual_alloc(cachep, 0, 0);

	for (int i = 0; i < 4000; i++)
		slab_virtual_free(cachep, objp + 8, 0);
}

static void freed_to_another_cache(struct kmem_cache *cachep)
{
	struct kmem_cache *other = make(128, 1, 1, 4, 2, 0);

	for (int i = 0; i < 40; i++)
		slab_virtual_free(other, slab_virtual_alloc(cachep, 0, 0), 0);
}

#ifdef SLAB_DEBUG
static void moved_without_the_lock(struct kmem_cache *cachep)
{
	struct step s = {.cachep = cachep};
	uint32_t destroy = 0;

	node_drain_free(&s, get_node(cachep, 0), 1, &destroy);
	fixup_slab_list(&s, get_node(cachep, 0),
			&slab_pages.slab[get_node(cachep, 0)->slabs_partial.first], false);
}

static void refilled_outside_a_step(struct kmem_cache *cachep)
{
	struct step s = {.cachep = cachep};
	struct outcome o;

	cache_alloc_refill(&s, false, &o);
}
#endif

#define CASE(name)                            \
	static void test_##name(void **state) \
	{                                     \
		(void)state;                  \
		dies(name);                   \
	}
CASE(full_on_the_partial_list)
CASE(freed_twice)
CASE(freed_inside)
CASE(freed_to_another_cache)
#ifdef SLAB_DEBUG
CASE(moved_without_the_lock)
CASE(refilled_outside_a_step)
#endif

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_on_the_partial_list),
		cmocka_unit_test(test_freed_twice),
		cmocka_unit_test(test_freed_inside),
		cmocka_unit_test(test_freed_to_another_cache),
#ifdef SLAB_DEBUG
		cmocka_unit_test(test_moved_without_the_lock),
		cmocka_unit_test(test_refilled_outside_a_step),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
