// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Replay: the table of objects beside a simple one; events whose other half is not in the
 * recording; a replay repeats, and frees everything; sweeps.
 */
#include <errno.h>
#include <math.h>

#include "replay/object_map.h"
#include "replay/replay_state.h"
#include "replay/replay_sweep.h"
#include "slab.h"
#include "virtual.h"
#include "made_up.h"

/* ---- the table ------------------------------------------------------------------------------- */

#define ADDRESSES 60000u

static void table_beside_a_plain_one(void **state)
{
	struct slab_topology t = {.cpus = 1, .nodes = 1};
	struct kmem_cache *cachep = slab_virtual_create("map", 8, 0, 0, NULL, &t);
	static void *plain[ADDRESSES];
	struct object_map m = {0};
	unsigned random = 1, live = 0;

	(void)state;
	for (unsigned i = 0; i < 2000000; i++) {
		unsigned n = (random = random * 1664525 + 1013904223) >> 8;
		/* Grows, shrinks, and grows again. */
		unsigned at = n % (i < 700000 || i > 1300000 ? ADDRESSES : ADDRESSES / 100);
		uint64_t address = 0xffff888000000000u + at * 64ull;
		void *taken = object_map_take(&m, address);

		assert_ptr_equal(taken, plain[at]);
		plain[at] = NULL;
		live -= taken != NULL;
		if (taken) {
			slab_virtual_free(cachep, taken, 0);
		} else {
			plain[at] = slab_virtual_alloc(cachep, 0, 0);
			assert_int_equal(object_map_put(&m, address, plain[at]), 0);
			live++;
		}
		assert_int_equal(m.nr, live);
	}
	for (size_t from = 0; live; live--) {
		void *object = object_map_take_any(&m, &from);

		assert_non_null(object);
		slab_virtual_free(cachep, object, 0);
	}
	object_map_free(&m);
	kmem_cache_destroy(cachep);
}

/* For any number from a few thousand on: at most 16 bytes each. */
static void table_is_small(void **state)
{
	struct slab_topology t = {.cpus = 1, .nodes = 1};
	struct kmem_cache *cachep = slab_virtual_create("map", 8, 0, 0, NULL, &t);
	struct object_map m = {0};
	size_t from = 0;
	void *object;

	(void)state;
	for (uint64_t n = 1; n <= 1000000; n++) {
		object = slab_virtual_alloc(cachep, 0, 0);
		assert_int_equal(object_map_put(&m, n * 4096, object), 0);
		if (n > 4000)
			assert_true(object_map_bytes(&m) <= 16 * n);
	}
	while ((object = object_map_take_any(&m, &from)))
		slab_virtual_free(cachep, object, 0);
	object_map_free(&m);
	kmem_cache_destroy(cachep);
}

/* ---- made-up recordings ---------------------------------------------------------------------- */

static struct replay run(const struct replay_settings *s)
{
	struct failure f = {""};
	struct replay r;

	open_recording();
	assert_int_equal(replay_run(reader, s, &r, &f), 0);
	return r;
}

/* Counts of a replay in which an allocation failed are not those of the load. */
static void without_memory(void **state)
{
	struct replay r;

	(void)state;
	put_cache(0, "large", 4096, 1);
	for (unsigned i = 0; i < 3000; i++)
		put_alloc(0, 0, 0x10000 + i * 4096ull);
	slab_set_limit(4 << 20, 0);
	r = run(&as_recorded);
	slab_set_limit(SIZE_MAX, 0);
	assert_int_equal(r.nr_caches, 1);
	assert_int_equal(r.cache[0].recorded.allocs, 3000);
	assert_false(r.cache[0].replayed);
	assert_string_equal(r.cache[0].why_not, "no memory");
	replay_free(&r);
}

static void halves(void **state)
{
	struct replay r;

	(void)state;
	put_cache(0, "halves", 64, 2);
	put_cache(1, "other", 128, 2);
	put_alloc(0, 0, 0x1000);
	put_alloc(0, 1, 0x1000); /* its free is not recorded */
	put_free(0, 0, 0x1000);
	put_free(0, 0, 0x1000); /* older than the recording */
	put_free(0, 1, 0x2000); /* this one, too */
	put_alloc(0, 0, 0x3000);
	put_alloc(1, 0, 0x3000); /* its memory belongs to another cache now */
	put_alloc(0, 0, 0x4000);
	put_free(1, 1, 0x4000);	 /* freed as if of the other cache */
	put_free(7, 1, 0x4000);	 /* no such cache */
	put_alloc(0, 2, 0x5000); /* no such CPU */
	r = run(&as_recorded);
	assert_int_equal(r.nr_caches, 2);
	assert_int_equal(r.cache[0].freed_unseen, 3);
	assert_int_equal(r.cache[0].live_before, 2);
	assert_int_equal(r.cache[0].live, 0);
	assert_int_equal(r.cache[1].live_before, 1);
	assert_int_equal(r.cache[1].live, 1);
	assert_int_equal(r.nonsense, 2);
	/* Allocations that are not in the recording are not in the counts. */
	assert_int_equal(r.cache[0].replayed_counts.allocs, 4);
	assert_int_equal(r.cache[1].replayed_counts.allocs, 1);
	assert_int_equal(r.peak_live, 2);
	replay_free(&r);
}

/* Objects in arrays at the beginning are neither allocated nor freed, but serve allocations. */
static void state_to_begin_with(void **state)
{
	struct trace_event array = {.cpu = 0, .id = TRACE_ARRAY_STATE, .value = {0, 50, 1}};
	struct trace_event node = {
		.cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE, .value = {0, 0, 3, 0, 0, 0, 100}};
	struct replay r;

	(void)state;
	put_cache(0, "state", 64, 1);
	put(array);
	put(node);
	for (unsigned i = 0; i < 51 + 59 + 1; i++)
		put_alloc(0, 0, 0x1000 + 64 * i);
	r = run(&as_recorded);
	assert_int_equal(r.cache[0].replayed_counts.hits, 50 + 59);
	assert_int_equal(r.cache[0].replayed_counts.refills, 2);
	/* It was touched, so a whole batch moves; and 40 are left. */
	assert_int_equal(r.cache[0].replayed_counts.origins[SLAB_ORIGIN_SHARED], 2);
	assert_int_equal(r.cache[0].replayed_counts.frees, 0);
	replay_free(&r);
}

/* A state that is recorded again and again is made once: memory has a bound for any recording. */
static void state_is_made_once(void **state)
{
	struct trace_event node = {.cpu = TRACE_NO_CPU,
				   .id = TRACE_NODE_STATE,
				   .value = {0, 0, 100000, 100, 100000, 40, 0}};
	struct replay r;
	uint64_t once;

	(void)state;
	put_cache(0, "state", 4096, 1);
	put_cache(1, "again", 4096, 1);
	put(node);
	node.value[TRACE_F_CACHE] = 1;
	for (unsigned i = 0; i < 50; i++)
		put(node);
	for (unsigned i = 0; i < 100; i++) {
		put_alloc(0, 0, 0x1000 + 4096 * i);
		put_alloc(1, 0, 0x1000000 + 4096 * i);
	}
	r = run(&as_recorded);
	once = r.cache[0].peak_bytes;
	assert_true(once >= 100000 * 4096ull && once <= 3ull * REPLAY_STATE_BYTES);
	assert_int_equal(r.cache[1].peak_bytes, once);
	replay_free(&r);
}

/* Objects that are older than the recording are in the same slab if their addresses are. */
static void slabs_by_address(void **state)
{
	static const struct {
		uint64_t array,
			/* where the objects of the array are; bytes between two freed objects */
			apart;
		unsigned frees, slabs; /* freed slabs */
	} run_of[] = {
		{0, 64, 64, 1}, {0, 4096, 64, 0}, {0x100000, 64, 56, 1}, {0x200000, 64, 56, 0}};
	struct trace_event node = {.cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE, .value = {0, 0, 4}};
	struct trace_event told = {.cpu = 0, .id = TRACE_ARRAY_OBJECTS};
	struct trace_event array = {.cpu = 0, .id = TRACE_ARRAY_STATE, .value = {0, 8}};
	struct replay r;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		put_cache_of_kernel(i, "by address", 64, 1);
		node.value[TRACE_F_CACHE] = told.value[TRACE_F_CACHE] = array.value[TRACE_F_CACHE] =
			i;
		put(node);
		for (unsigned n = 0; n < TRACE_OBJECTS; n++)
			told.value[OBJECTS_FIRST + n] = run_of[i].array + 64 * n;
		if (run_of[i].array) {
			put(told);
			put(array);
		}
		for (unsigned n = 0; n < run_of[i].frees; n++)
			put_free(i, 0,
				 0x100000 + run_of[i].apart * n + (run_of[i].array ? 512 : 0));
		put((struct trace_event){.cpu = TRACE_NO_CPU, .id = TRACE_SHRINK, .value = {i}});
	}
	r = run(&as_recorded);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(r.cache[i].replayed_counts.slab_frees, run_of[i].slabs);
	replay_free(&r);
}

/* Ageing spares once what was touched before the recording. */
static void touched_is_spared(void **state)
{
	struct trace_event node = {
		.cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE, .value = {0, 0, 0, 0, 4, 0, 1}};
	struct trace_event touched = {.cpu = TRACE_NO_CPU, .id = TRACE_NODE_AGEING};
	struct trace_event reap = {.cpu = TRACE_NO_CPU, .id = TRACE_REAP};
	struct replay r;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		put_cache_of_kernel(i, "touched", 64, 1);
		node.value[TRACE_F_CACHE] = touched.value[TRACE_F_CACHE] =
			reap.value[TRACE_F_CACHE] = i;
		put(node);
		touched.value[AGEING_SHARED] = touched.value[AGEING_FREE] = i != 0;
		put(touched);
		put(reap);
		if (i == 2)
			put(reap);
		put_alloc(i, 0, 0x1000 + 0x10000 * i);
	}
	r = run(&as_recorded);
	assert_int_equal(r.cache[0].replayed_counts.origins[SLAB_ORIGIN_SHARED], 0);
	assert_true(r.cache[0].replayed_counts.slab_frees > 0);
	assert_int_equal(r.cache[1].replayed_counts.origins[SLAB_ORIGIN_SHARED], 1);
	assert_int_equal(r.cache[1].replayed_counts.slab_frees, 0);
	assert_int_equal(r.cache[2].replayed_counts.origins[SLAB_ORIGIN_SHARED], 0);
	assert_int_equal(r.cache[2].replayed_counts.slab_frees,
			 r.cache[0].replayed_counts.slab_frees);
	replay_free(&r);
}

/* The free_limit of the kernel depends on the number of CPUs when it was set. */
static void free_limit_is_as_recorded(void **state)
{
	struct trace_event ageing = {.cpu = TRACE_NO_CPU, .id = TRACE_NODE_AGEING};
	struct replay_settings tuned = as_recorded;
	struct replay r;
	uint64_t given[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		put_cache_of_kernel(i, "limited", 64, 1);
		ageing.value[TRACE_F_CACHE] = i;
		ageing.value[AGEING_FREE_LIMIT] = i ? 100000 : 1;
		put(ageing);
		for (unsigned n = 0; n < 5000; n++)
			put_alloc(i, 0, 0x1000 + 0x1000000 * i + 64 * n);
		for (unsigned n = 0; n < 5000; n++)
			put_free(i, 0, 0x1000 + 0x1000000 * i + 64 * n);
	}
	r = run(&as_recorded);
	given[0] = r.cache[0].replayed_counts.slab_frees;
	given[1] = r.cache[1].replayed_counts.slab_frees;
	assert_true(given[0] > 0);
	assert_int_equal(given[1], 0);
	replay_free(&r);
	tuned.limit = 100;
	r = run(&tuned); /* it belongs to other tunables, so libslab sets its own */
	assert_true(r.cache[1].replayed_counts.slab_frees > 0);
	assert_int_equal(r.cache[0].replayed_counts.slab_frees,
			 r.cache[1].replayed_counts.slab_frees);
	replay_free(&r);
}

/* Arrays of all CPUs and nodes together have the same bound. */
static void state_of_arrays_is_bounded(void **state)
{
	struct trace_event node = {.cpu = TRACE_NO_CPU,
				   .id = TRACE_NODE_STATE,
				   .value = {0, 0, 0, 0, 0, 0, UINT32_MAX}};
	struct trace_event array = {.id = TRACE_ARRAY_STATE, .value = {0, UINT32_MAX, 1}};
	struct trace_event tune = {.cpu = 0, .id = TRACE_TUNE, .value = {0, 1024, 1024, 1024}};
	struct replay r;

	(void)state;
	put_cache(0, "arrays", 65536, 64);
	put(tune);
	put(node);
	for (array.cpu = 0; array.cpu < 64; array.cpu++)
		put(array);
	put_alloc(0, 0, 0x1000);
	r = run(&as_recorded);
	assert_true(r.cache[0].peak_bytes >= REPLAY_STATE_BYTES);
	assert_true(r.cache[0].peak_bytes <= REPLAY_STATE_BYTES + (64ull << 20));
	replay_free(&r);
}

/* The kernel ages one array at a time, and drain_array() of libslab does the same to it. */
static void arrays_age(void **state)
{
	struct trace_event array = {.cpu = 0, .id = TRACE_ARRAY_STATE, .value = {0, 50, 1}};
	struct trace_event node = {
		.cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE, .value = {0, 0, 10, 0, 0, 0, 100}};
	struct trace_event reap = {.cpu = 0, .id = TRACE_REAP, .value = {0, 0, 24}};
	struct replay r;

	(void)state;
	put_cache_of_kernel(0, "ages", 64, 2);
	put(node);
	put(array);
	put(reap); /* it was touched, and no longer is */
	put(reap); /* a fifth of 120 objects */
	reap.cpu = 1;
	put(reap); /* nothing there */
	reap.cpu = TRACE_NO_CPU;
	put(reap); /* the untouched shared array: a fifth of its 480 */
	for (unsigned i = 0; i < 26; i++)
		put_alloc(0, 0, 0x1000 + 64 * i);
	put((struct trace_event){.cpu = 0, .id = TRACE_ALLOC_REFILL, .value = {0, 0, 0x9000}});
	for (unsigned i = 0; i < 4; i++)
		put_alloc(0, 1, 0x20000 + 64 * i);
	r = run(&as_recorded);
	/*
	 * 26 were left; then 4 of the shared array, which is empty after it, and the lists for CPU
	 * 1.
	 */
	assert_int_equal(r.cache[0].cpu_replayed[0].hits, 26);
	assert_int_equal(r.cache[0].cpu_replayed[0].origins[SLAB_ORIGIN_SHARED], 1);
	assert_int_equal(r.cache[0].cpu_replayed[1].refills, 1);
	assert_int_equal(r.cache[0].cpu_replayed[1].origins[SLAB_ORIGIN_SHARED], 0);
	replay_free(&r);
}

/* An interrupt between a refill and its allocation finds the array full, as in the kernel. */
static void refill_before_its_allocation(void **state)
{
	struct replay r;

	(void)state;
	put_cache_of_kernel(0, "interrupted", 64, 2);
	put_interrupted_refill(0, 1, 0x1000, 110);
	put_cache(1, "never allocated", 64,
		  2); /* refills of a process come with their allocations */
	put((struct trace_event){.cpu = 1, .id = TRACE_REFILL, .value = {1, 60, 60, 2, 500}});
	put_cache_of_kernel(2, "allocated elsewhere", 64, 2);
	for (unsigned i = 0; i < 3; i++) {
		put((struct trace_event){
			.cpu = 1, .id = TRACE_REFILL, .value = {2, 60, 60, 2, 500}});
		put_alloc(2, i == 1, 0x500000 + 64 * i);
	}
	put((struct trace_event){
		.cpu = 1, .id = TRACE_REFILL, .value = {2, 60, 60, 2, 500}}); /* cut off */
	put((struct trace_event){
		.cpu = 1, .id = TRACE_REFILL, .value = {2, 60, 0, SLAB_ORIGIN_FAILED, 500}});
	r = run(&as_recorded);
	assert_int_equal(r.cache[0].replayed_counts.allocs, 1);
	assert_int_equal(r.cache[0].replayed_counts.refills, 1);
	assert_int_equal(r.cache[0].replayed_counts.flushes,
			 1); /* 15, because it is untouched; and 110 more exceed 120 */
	assert_int_equal(r.cache[0].live, 0);
	assert_int_equal(r.cache[1].replayed_counts.allocs, 0);
	assert_int_equal(r.cache[2].replayed_counts.allocs, 3);
	replay_free(&r);
}

/* A kernel that does not show how it serves has no hits. */
static void nobody_says_how_it_was_served(void **state)
{
	struct trace_event alloc = {.cpu = 0, .id = TRACE_ALLOC, .value = {0, 0, 0x1000}};
	struct replay r;

	(void)state;
	put_cache_of_kernel(0, "silent", 64, 1);
	put(alloc);
	r = run(&as_recorded);
	assert_false(r.cache[0].known.served);
	assert_int_equal(r.cache[0].recorded.allocs, 1);
	assert_int_equal(r.cache[0].replayed_counts.refills, 1);
	replay_free(&r);
}

/* If a kernel shows it, the counts of an unused cache are known, too. */
static void how_it_was_served(void **state)
{
	struct replay r;

	(void)state;
	put_cache_of_kernel(0, "idle", 64, 1);
	put_cache_of_kernel(1, "told", 64, 1);
	put_alloc(1, 0, 0x2000);
	put((struct trace_event){
		.cpu = 0, .id = TRACE_REFILL, .value = {1, 60, 60, SLAB_ORIGIN_GROWN, 500}});
	put((struct trace_event){.cpu = 0, .id = TRACE_ALLOC_REFILL, .value = {1, 0, 0x3000}});
	r = run(&as_recorded);
	assert_true(r.cache[0].known.served && r.cache[1].known.served);
	assert_int_equal(r.cache[1].recorded.hits, 1);
	assert_int_equal(r.cache[1].recorded.refills, 1);
	replay_free(&r);
}

/* With inferred refills the rest is unknown; a cache with too many doubtful ones has no counts. */
static void inferred_refills(void **state)
{
	struct replay r;

	(void)state;
	put_cache_of_kernel(0, "sure", 64, 1);
	put_doubts(0, 0);
	put_cache_of_kernel(1, "unsure", 64, 1);
	put_doubts(1, 0);
	for (unsigned i = 0; i < 100; i++) {
		put_inferred(i % 2, 0, 0x10000 + 0x1000ull * i);
		put_alloc(i % 2, 0, 0x10040 + 0x1000ull * i);
	}
	put_doubts(0, 4);
	put_doubts(1, 5);
	put((struct trace_event){.cpu = 0, .id = TRACE_GROW, .value = {0, 0, 0x7000, 63, 500}});
	r = run(&as_recorded);
	assert_true(r.cache[0].known.served && r.cache[0].known.inferred &&
		    r.cache[1].known.inferred);
	assert_false(r.cache[1].known.served);
	assert_int_equal(r.cache[0].recorded.refills, 50);
	assert_int_equal(r.cache[0].recorded.hits, 50);
	for (int i = 0; i < 2; i++) {
		assert_false(r.cache[i].known.origins || r.cache[i].known.flushes ||
			     r.cache[i].known.slab_frees || r.cache[i].known.list_moves);
		assert_true(r.cache[i].known.grows); /* this one was observed */
	}
	replay_free(&r);
}

static void runs_repeat(void **state)
{
	struct replay a, b;

	(void)state;
	put_load(4, 4);
	a = run(&as_recorded);
	b = run(&as_recorded);
	assert_int_equal(a.nonsense, 0);
	assert_true(a.cache[0].replayed_counts.refills > 100);
	assert_memory_equal(&a.cache[0].replayed_counts, &b.cache[0].replayed_counts,
			    sizeof(a.cache[0].replayed_counts));
	assert_memory_equal(a.cache[0].cpu_replayed, b.cache[0].cpu_replayed,
			    4 * sizeof(*a.cache[0].cpu_replayed));
	assert_int_equal(a.cache[0].peak_bytes, b.cache[0].peak_bytes);
	assert_true(a.cache[0].peak_used <= a.cache[0].peak_bytes);
	assert_true(a.cache[0].idle_mean > 0 &&
		    a.cache[0].idle_mean <= (double)a.cache[0].idle_peak);
	replay_free(&a);
	replay_free(&b);
}

static void settings_matter(void **state)
{
	struct replay_settings s = as_recorded;
	struct replay small, large, chained;

	(void)state;
	put_load(2, 2);
	s.limit = 8;
	small = run(&s);
	assert_int_equal(small.cache[0].batchcount, 4);
	s.limit = 512;
	large = run(&s);
	s.bufctl = 1;
	chained = run(&s);
	assert_true(small.cache[0].replayed_counts.refills >
		    4 * large.cache[0].replayed_counts.refills);
	assert_true(small.cache[0].idle_peak <= 16);
	assert_true(chained.cache[0].objects_per_slab <= large.cache[0].objects_per_slab);
	replay_free(&small);
	replay_free(&large);
	replay_free(&chained);
}

static void only_some_caches(void **state)
{
	static const char *const wanted[] = {"a*", NULL};
	struct replay_settings s = as_recorded;
	struct replay r;

	(void)state;
	s.caches = wanted;
	put_cache(0, "abc", 64, 1);
	put_cache(1, "xyz", 64, 1);
	put_alloc(0, 0, 0x1000);
	put_alloc(1, 0, 0x2000);
	r = run(&s);
	assert_int_equal(r.nr_caches, 1);
	assert_string_equal(r.cache[0].name, "abc");
	assert_int_equal(r.nonsense, 0);
	replay_free(&r);
}

/* A cache that libslab cannot make is reported, and the others are replayed. */
static void what_cannot_be_replayed(void **state)
{
	struct replay r;

	(void)state;
	put_cache(0, "huge", 8 << 20, 1);
	put_cache(1, "usual", 64, 1);
	put_alloc(0, 0, 0x1000);
	put_alloc(1, 0, 0x2000);
	r = run(&as_recorded);
	assert_false(r.cache[0].replayed);
	assert_non_null(r.cache[0].why_not);
	assert_int_equal(r.cache[0].recorded.allocs, 1);
	assert_true(r.cache[1].replayed);
	replay_free(&r);
}

/* So is a cache that exceeds the memory for the CPUs of all caches. */
static void too_many_cpus(void **state)
{
	enum { CACHES = 300 };
	struct replay r;
	unsigned left_out = 0;

	(void)state;
	put_cache(0, "usual", 64, 2);
	for (unsigned c = 1; c < CACHES; c++)
		put_cache(c, "wide", 64, SLAB_VIRTUAL_CPUS);
	put_alloc(0, 1, 0x1000);
	put_alloc(CACHES - 1, 0, 0x2000);
	r = run(&as_recorded);
	assert_int_equal(r.nr_caches, CACHES);
	for (unsigned c = 0; c < CACHES; c++) {
		left_out += !r.cache[c].replayed;
		assert_int_equal(r.cache[c].cpus, c == 0		? 2
						  : r.cache[c].replayed ? SLAB_VIRTUAL_CPUS
									: 1);
		assert_int_equal(r.cache[c].why_not != NULL, !r.cache[c].replayed);
	}
	assert_in_range(left_out, 1, CACHES / 2);
	assert_int_equal(r.cache[0].replayed_counts.allocs, 1);
	assert_int_equal(r.cache[CACHES - 1].recorded.allocs, 1);
	replay_free(&r);
}

/* ---- sweeps ---------------------------------------------------------------------------------- */

static void sweeps(void **state)
{
	struct replay_settings s = as_recorded;
	struct failure f = {""};
	struct replay_sweep sweep;
	uint64_t best = UINT64_MAX;
	int chosen;

	(void)state;
	put_load(2, 2);
	s = as_recorded;
	{
		struct replay r = run(&s);

		replay_free(&r);
	}
	assert_int_equal(replay_sweep_run(reader, "limit=8..512,sharedfactor=0:8", &s, &sweep, &f),
			 0);
	assert_int_equal(sweep.nr, 14);
	chosen = replay_sweep_recommend(&sweep, 0);
	assert_true(chosen >= 0);
	for (size_t i = 0; i < sweep.nr; i++)
		if (sweep.run[i].cache[0].replayed_counts.refills < best)
			best = sweep.run[i].cache[0].replayed_counts.refills;
	/* It is good enough, and no smaller one is. */
	assert_true((double)sweep.run[chosen].cache[0].replayed_counts.refills <=
		    REPLAY_SWEEP_ENOUGH * (double)best);
	for (size_t i = 0; i < sweep.nr; i++) {
		const struct replay_cache *c = &sweep.run[i].cache[0],
					  *d = &sweep.run[chosen].cache[0];

		if (c->limit * 2 + c->sharedfactor * c->batchcount <
		    d->limit * 2 + d->sharedfactor * d->batchcount)
			assert_true((double)c->replayed_counts.refills >
				    REPLAY_SWEEP_ENOUGH * (double)best);
	}
	replay_sweep_free(&sweep);

	assert_int_equal(
		replay_sweep_run(reader, "limit=16..64/16,batchcount=10:40", &s, &sweep, &f), 0);
	/* 16, 32, 48, 64 with 10; with 40 only the last two. */
	assert_int_equal(sweep.nr, 6);
	replay_sweep_free(&sweep);
}

static void bad_sweeps(void **state)
{
	static const char *const bad[] = {"",
					  "limit",
					  "limit=",
					  "limit=0",
					  "limit=8..4",
					  "limit=9999",
					  "limit=8,limit=9",
					  "colour=3",
					  "limit=8..16/0",
					  "limit=8x",
					  "limit=4,batchcount=8",
					  "limit=1:"};
	struct replay_settings s = as_recorded;
	struct replay_sweep sweep;

	(void)state;
	put_load(1, 1);
	{
		struct replay r = run(&s);

		replay_free(&r);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct failure f = {""};

		assert_int_equal(replay_sweep_run(reader, bad[i], &s, &sweep, &f), -EINVAL);
		assert_true(f.text[0]);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_beside_a_plain_one),
		cmocka_unit_test(table_is_small),
		TEST(slabs_by_address),
		TEST(touched_is_spared),
		TEST(free_limit_is_as_recorded),
		TEST(arrays_age),
		TEST(refill_before_its_allocation),
		TEST(nobody_says_how_it_was_served),
		TEST(how_it_was_served),
		TEST(inferred_refills),
		TEST(halves),
		TEST(without_memory),
		TEST(state_to_begin_with),
		TEST(state_is_made_once),
		TEST(state_of_arrays_is_bounded),
		TEST(runs_repeat),
		TEST(settings_matter),
		TEST(only_some_caches),
		TEST(what_cannot_be_replayed),
		TEST(too_many_cpus),
		TEST(sweeps),
		TEST(bad_sweeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
