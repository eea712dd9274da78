// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The management of a slab: an index array or a bufctl chain, on the slab or off it. With arrays
 * of one object (limit 1, batchcount 1) all calls but one reach the slab.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "check.h"
#include "node.h"
#include "percpu.h"
#include "virtual.h"

static const unsigned ways[] = {SLAB_ON_SLAB, SLAB_OFF_SLAB, SLAB_BUFCTL | SLAB_ON_SLAB,
				SLAB_BUFCTL | SLAB_OFF_SLAB};
#define WAYS (sizeof(ways) / sizeof(*ways))

static struct kmem_cache *make(size_t size, unsigned flags, unsigned limit, void (*ctor)(void *))
{
	struct slab_topology t = {.cpus = 2, .nodes = 1, .limit = limit, .batchcount = limit};
	struct kmem_cache *cachep = slab_virtual_create("test", size, 0, flags, ctor, &t);

	assert_non_null(cachep);
	return cachep;
}

static void check(struct kmem_cache *cachep, void **live, size_t nr)
{
	struct slab_check c;

	slab_check(cachep, live, nr, &c);
	assert_string_equal(c.error, "");
}

/* Returns the overhead of full slabs: descriptors, management and the unusable rest. */
static double overhead(unsigned flags)
{
	struct kmem_cache *cachep = make(64, flags, 1, NULL);
	static void *live[100 * SLAB_OBJECTS_MAX];
	size_t nr, want = 100 * cachep->num;
	unsigned long before = pages_used();
	double pages, over;

	for (nr = 0; nr < want; nr++) {
		live[nr] = slab_virtual_alloc(cachep, 0, 0);
		memset(live[nr], 0xff, 64);
	}
	assert_int_equal(get_node(cachep, 0)->slabs_full.count, 100);
	assert_int_equal(percpu_avail(cachep, 0), 0);
	pages = (double)(pages_used() - before);
	over = pages * (SLAB_PAGE_SIZE + sizeof(struct slab)) / (double)(nr * 64) - 1;
	check(cachep, live, nr);
	while (nr)
		slab_virtual_free(cachep, live[--nr], 0);
	kmem_cache_destroy(cachep);
	print_message("# over full slabs of 64-byte objects: %.2f %%\n", 100 * over);
	return over;
}

static void memory_of_the_index_array(void **state)
{
	(void)state;
	assert_true(overhead(0) <= 0.025);
}

static void memory_of_the_chain(void **state)
{
	(void)state;
	assert_true(overhead(SLAB_BUFCTL) <= 0.08);
}

/* free names the next object, its entry the one after it, the last entry ends the chain. */
static void chain_step_by_step(void **state)
{
	struct kmem_cache *cachep = make(64, SLAB_BUFCTL, 1, NULL);
	void *live[SLAB_OBJECTS_MAX], *objp;
	struct slab *slabp = NULL;

	(void)state;
	for (unsigned i = 0; i < cachep->num; i++) {
		live[i] = slab_virtual_alloc(cachep, 0, 0);
		slabp = virt_to_slab(live[i]);
		assert_int_equal(obj_to_index(cachep, slabp, live[i]), i);
		assert_int_equal(slabp->active, i + 1);
		assert_int_equal(slabp->free, i + 1 < cachep->num ? i + 1 : BUFCTL_END);
	}
	slab_put_obj(cachep, slabp, live[7]);
	assert_int_equal(slabp->free, 7);
	assert_int_equal(slab_bufctl(slabp)[7], BUFCTL_END);
	slab_put_obj(cachep, slabp, live[3]);
	assert_int_equal(slabp->free, 3);
	assert_int_equal(slab_bufctl(slabp)[3], 7);
	assert_int_equal(slabp->active, cachep->num - 2);
	assert_null(slab_management_error(cachep, slabp));
	objp = slab_get_obj(cachep, slabp);
	assert_ptr_equal(objp, live[3]);
	objp = slab_get_obj(cachep, slabp);
	assert_ptr_equal(objp, live[7]);
	assert_int_equal(slabp->free, BUFCTL_END);
	assert_null(slab_management_error(cachep, slabp));
	check(cachep, live, cachep->num);
	for (unsigned i = 0; i < cachep->num; i++)
		slab_virtual_free(cachep, live[i], 0);
	kmem_cache_destroy(cachep);
}

/* The indices at active and above are of free objects; the one given back last is taken first. */
static void index_array_step_by_step(void **state)
{
	struct kmem_cache *cachep = make(64, 0, 1, NULL);
	void *live[SLAB_OBJECTS_MAX];
	struct slab *slabp;

	(void)state;
	for (unsigned i = 0; i < cachep->num; i++)
		live[i] = slab_virtual_alloc(cachep, 0, 0);
	slabp = virt_to_slab(live[0]);
	slab_put_objs(cachep, slabp, live + 20, 2);
	assert_int_equal(slabp->active, cachep->num - 2);
	assert_int_equal(get_free_obj(cachep->index_size, slabp->freelist, slabp->active), 21);
	assert_int_equal(get_free_obj(cachep->index_size, slabp->freelist, slabp->active + 1), 20);
	assert_ptr_equal(slab_get_obj(cachep, slabp), live[21]);
	assert_ptr_equal(slab_get_obj(cachep, slabp), live[20]);
	assert_int_equal(slabp->active, cachep->num);
	check(cachep, live, cachep->num);
	for (unsigned i = 0; i < cachep->num; i++)
		slab_virtual_free(cachep, live[i], 0);
	kmem_cache_destroy(cachep);
}

/* slab_put_objs() stops at the first object of another slab, and when nothing more is out. */
static void puts_what_is_its_own(void **state)
{
	(void)state;
	for (unsigned way = 0; way < WAYS; way++) {
		struct kmem_cache *cachep = make(64, ways[way], 1, NULL);
		void *live[2 * SLAB_OBJECTS_MAX], *mixed[4];
		unsigned num = cachep->num;
		struct slab *slabp;

		for (unsigned i = 0; i < 2 * num; i++)
			live[i] = slab_virtual_alloc(cachep, 0, 0);
		slabp = virt_to_slab(live[0]);
		assert_ptr_not_equal(slabp, virt_to_slab(live[num]));
		memcpy(mixed, (void *[]){live[5], live[9], live[num], live[6]}, sizeof(mixed));
		assert_int_equal(slab_put_objs(cachep, slabp, mixed, 4), 2);
		assert_int_equal(slab_put_objs(cachep, slabp, mixed + 2, 2), 0);
		assert_ptr_equal(slab_get_obj(cachep, slabp), live[9]);
		assert_ptr_equal(slab_get_obj(cachep, slabp), live[5]);
		check(cachep, live, 2 * num);
		for (unsigned i = 0; i < 2 * num; i++)
			slab_virtual_free(cachep, live[i], 0);
		kmem_cache_destroy(cachep);
	}
}

static size_t ctor_size;

static void constructed(void *objp)
{
	memset(objp, 0x5a, ctor_size);
}

static void check_place(struct kmem_cache *cachep, struct slab *slabp, bool off_slab)
{
	size_t bytes = cachep->num * cachep->index_size;
	char *end = slab_address(slabp) + ((size_t)SLAB_PAGE_SIZE << cachep->order);
	char *last = (char *)index_to_obj(cachep, slabp, cachep->num - 1) + cachep->size;
	struct slab *of = virt_to_slab(slabp->freelist);

	assert_int_equal(cachep->off_slab, off_slab);
	assert_true(last <= (off_slab ? end : (char *)slabp->freelist));
	if (off_slab) {
		assert_ptr_equal(of->cache, cachep->freelist_cache);
		assert_int_equal(strncmp(of->cache->name, "freelist-", 9), 0);
		assert_true(kmem_cache_size(of->cache) >= bytes);
		assert_false(of->cache->off_slab);
	} else {
		assert_ptr_equal(of, slabp);
		assert_ptr_equal((char *)slabp->freelist + bytes, end);
	}
}

/*
 * Objects and management share no byte: the test writes and reads every byte.
 */
static void places_of_the_management(void **state)
{
	static const size_t sizes[] = {1,   8,	 16,   24,   64,   200,	   500,
				       512, 520, 1024, 4096, 5000, 100000, 1 << 20};
	static void *live[3 * SLAB_OBJECTS_MAX];
	unsigned long before;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes) * WAYS; i++) {
		unsigned flags = ways[i % WAYS];
		size_t nr, want;
		struct kmem_cache *cachep, *of;

		ctor_size = sizes[i / WAYS];
		cachep = make(ctor_size, flags, 1, constructed);
		want = 2 * cachep->num + 1;
		of = cachep->freelist_cache;
		if (of)
			kmem_cache_shrink(of);
		before = pages_used();
		for (nr = 0; nr < want; nr++) {
			live[nr] = slab_virtual_alloc(cachep, 0, 0);
			assert_int_equal(((unsigned char *)live[nr])[ctor_size - 1], 0x5a);
			memset(live[nr], (int)nr, ctor_size);
			check_place(cachep, virt_to_slab(live[nr]), flags & SLAB_OFF_SLAB);
		}
		check(cachep, live, nr);
		while (nr) {
			nr--;
			assert_int_equal(((unsigned char *)live[nr])[0], (unsigned char)nr);
			assert_int_equal(((unsigned char *)live[nr])[ctor_size - 1],
					 (unsigned char)nr);
			slab_virtual_free(cachep, live[nr], 0);
		}
		check(cachep, NULL, 0);
		kmem_cache_destroy(cachep);
		if (of)
			kmem_cache_shrink(of);
		assert_int_equal(pages_used(), before);
	}
}

/* Without flags, objects of 512 bytes and more have their management outside. */
static void place_by_size(void **state)
{
	struct kmem_cache *cachep;

	(void)state;
	for (unsigned flags = 0; flags <= SLAB_BUFCTL; flags += SLAB_BUFCTL) {
		cachep = make(504, flags, 1, NULL);
		assert_false(cachep->off_slab);
		kmem_cache_destroy(cachep);
		cachep = make(512, flags, 1, NULL);
		assert_true(cachep->off_slab);
		kmem_cache_destroy(cachep);
	}
	errno = 0;
	assert_null(kmem_cache_create("x", 64, 0, SLAB_ON_SLAB | SLAB_OFF_SLAB, NULL));
	assert_int_equal(errno, EINVAL);
}

static uint64_t next_random(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

static unsigned index_of(struct kmem_cache *cachep, void *objp)
{
	return obj_to_index(cachep, virt_to_slab(objp), objp);
}

/*
 * Random operations on all of them. Where a slab holds as many objects, both ways hand out the
 * same.
 */
static void ways_agree(void **state)
{
	enum { LIVE = 3000, STEPS = 60000 };
	static void *live[WAYS][LIVE];
	struct kmem_cache *cachep[WAYS];
	uint64_t random = 88172645463325252ull;
	size_t nr = 0;

	(void)state;
	for (unsigned way = 0; way < WAYS; way++)
		cachep[way] = make(100, ways[way], 6, NULL);
	for (unsigned step = 0; step < STEPS; step++) {
		int cpu = (int)(next_random(&random) % 2);
		bool take = !nr || (nr < LIVE &&
				    next_random(&random) % 1000 < (step / 10000 % 2 ? 400u : 600u));
		size_t at = take ? nr : next_random(&random) % nr;

		for (unsigned way = 0; way < WAYS; way++) {
			if (take) {
				live[way][at] = slab_virtual_alloc(cachep[way], 0, cpu);
				assert_non_null(live[way][at]);
			} else {
				slab_virtual_free(cachep[way], live[way][at], cpu);
				live[way][at] = live[way][nr - 1];
			}
		}
		/* A chain leaves less room on the slab, so only those off slab can be compared. */
		assert_int_equal(!take || index_of(cachep[1], live[1][at]) ==
						  index_of(cachep[3], live[3][at]),
				 1);
		nr += take ? 1 : (size_t)-1;
		for (unsigned way = 0; step % 997 == 0 && way < WAYS; way++) {
			check(cachep[way], live[way], nr);
		}
	}
	for (int cpu = 0; cpu < 2; cpu++)
		assert_memory_equal(cpu_counters(cachep[1], cpu), cpu_counters(cachep[3], cpu),
				    sizeof(struct slab_cpu_counters));
	for (unsigned way = 0; way < WAYS; way++) {
		for (size_t i = 0; i < nr; i++)
			slab_virtual_free(cachep[way], live[way][i], 0);
		check(cachep[way], NULL, 0);
		kmem_cache_destroy(cachep[way]);
	}
}

/* Without memory for the management the pages of the slab go back, and the cache is as before. */
static void no_memory_for_the_management(void **state)
{
	struct kmem_cache *cachep = make(64, SLAB_OFF_SLAB, 1, NULL), *of = cachep->freelist_cache;
	void *taken[2 * SLAB_OBJECTS_MAX], *objp;
	unsigned long before;
	size_t nr = 0;

	(void)state;
	/* Until the freelists' cache has nothing left. */
	pages_set_limit(pages_used() + 1);
	while (nr < 2 * SLAB_OBJECTS_MAX && (taken[nr] = kmem_cache_alloc(of, 0)))
		nr++;
	assert_in_range(nr, 1, 2 * SLAB_OBJECTS_MAX - 1);
	before = pages_used();
	pages_set_limit(before + 1);
	assert_null(slab_virtual_alloc(cachep, 0, 0));
	assert_int_equal(pages_used(), before);
	check(cachep, NULL, 0);
	/* SLAB_MEMALLOC gets the management from the reserve too. */
	pages_set_reserve(10);
	objp = slab_virtual_alloc(cachep, SLAB_MEMALLOC, 0);
	assert_non_null(objp);
	slab_virtual_free(cachep, objp, 0);
	kmem_cache_shrink(cachep);
	kmem_cache_shrink(of);
	pages_set_reserve(0);
	pages_set_limit(0);
	objp = slab_virtual_alloc(cachep, 0, 0);
	assert_non_null(objp);
	slab_virtual_free(cachep, objp, 0);
	while (nr)
		kmem_cache_free(of, taken[--nr]);
	kmem_cache_destroy(cachep);
}

/* The walker must name each kind of damage. */
static void damage_shows(void **state)
{
	(void)state;
	for (unsigned way = 0; way < WAYS; way++) {
		struct kmem_cache *cachep = make(64, ways[way], 1, NULL);
		void *objp = slab_virtual_alloc(cachep, 0, 0);
		struct slab *slabp = virt_to_slab(objp), saved = *slabp;
		unsigned char bytes[SLAB_PAGE_SIZE / 8];
		size_t size = cachep->num * cachep->index_size;
		struct slab_check c;

		memcpy(bytes, slabp->freelist, size);
		assert_null(slab_management_error(cachep, slabp));

		/* A free object twice, or a chain that turns back. */
		if (ways[way] & SLAB_BUFCTL)
			slab_bufctl(slabp)[5] = 2;
		else
			set_free_obj(cachep->index_size, slabp->freelist, 5, 2);
		assert_non_null(strstr(slab_management_error(cachep, slabp), "twice"));
		assert_int_not_equal(slab_check(cachep, &objp, 1, &c), 0);
		assert_non_null(strstr(c.error, "twice"));
		memcpy(slabp->freelist, bytes, size);

		/* An invalid index. */
		if (ways[way] & SLAB_BUFCTL)
			slab_bufctl(slabp)[5] = (kmem_bufctl_t)cachep->num;
		else
			set_free_obj(cachep->index_size, slabp->freelist, 5, cachep->num);
		assert_non_null(strstr(slab_management_error(cachep, slabp), "invalid"));
		memcpy(slabp->freelist, bytes, size);

		/* More free objects than active leaves, and fewer. */
		if (ways[way] & SLAB_BUFCTL) {
			slabp->active = saved.active + 1;
			assert_non_null(strstr(slab_management_error(cachep, slabp), "goes on"));
			slabp->active = saved.active - 1;
			assert_non_null(strstr(slab_management_error(cachep, slabp), "too short"));
		}
		slabp->active = (uint16_t)(cachep->num + 1);
		assert_non_null(strstr(slab_management_error(cachep, slabp), "active"));
		*slabp = saved;

		check(cachep, &objp, 1);
		slab_virtual_free(cachep, objp, 0);
		kmem_cache_destroy(cachep);
	}
}

#ifdef SLAB_DEBUG
static void double_free(struct kmem_cache *cachep)
{
	void *objp[3];

	for (int i = 0; i < 3; i++)
		objp[i] = slab_virtual_alloc(cachep, 0, 0);
	for (int i = 0; i < 8; i++)
		slab_virtual_free(cachep, objp[0], 0);
}

/* check_slabp() and the chain's marks: debug builds stop at a double free that reaches the slab. */
static void debug_build_stops(void **state)
{
	(void)state;
	for (unsigned way = 0; way < WAYS; way++) {
		struct kmem_cache *cachep = make(64, ways[way], 1, NULL);
		int status;
		pid_t pid = fork();

		if (!pid) {
			setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
			signal(SIGABRT, SIG_DFL);
			fclose(stderr);
			double_free(cachep);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
		kmem_cache_destroy(cachep);
	}
}
#endif

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_of_the_index_array),
		cmocka_unit_test(memory_of_the_chain),
		cmocka_unit_test(chain_step_by_step),
		cmocka_unit_test(index_array_step_by_step),
		cmocka_unit_test(puts_what_is_its_own),
		cmocka_unit_test(places_of_the_management),
		cmocka_unit_test(place_by_size),
		cmocka_unit_test(ways_agree),
		cmocka_unit_test(no_memory_for_the_management),
		cmocka_unit_test(damage_shows),
#ifdef SLAB_DEBUG
		cmocka_unit_test(debug_build_stops),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
