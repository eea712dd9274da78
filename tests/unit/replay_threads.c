// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Replay on threads: one CPU gives the counts of a replay on virtual CPUs; frees wait for
 * allocations of other CPUs; no thread runs ahead; few CPUs for many; durations; damaged
 * recordings.
 */
#include <math.h>
#include <sched.h>

#include "model/latency.h"
#include "replay/threads/replay_threads.h"
#include "slab_registry.h"
#include "made_up.h"

static struct replay_threads run_threads(unsigned repeat)
{
	struct replay_threads_settings s = {.replay = as_recorded, .repeat = repeat};
	struct failure f = {""};
	struct replay_threads t;

	open_recording();
	if (replay_threads_run(reader, &s, &t, &f))
		fail_msg("%s", f.text);
	return t;
}

static struct replay run_made_up(void)
{
	struct failure f = {""};
	struct replay r;

	open_recording();
	assert_int_equal(replay_run(reader, &as_recorded, &r, &f), 0);
	return r;
}

/* As many as a real cache has, because some state of a node depends on it. */
static unsigned all_cpus(void)
{
	return (unsigned)sysconf(_SC_NPROCESSORS_CONF);
}

static bool may_use(unsigned cpu)
{
	cpu_set_t set;

	return !sched_getaffinity(0, sizeof(set), &set) && CPU_ISSET(cpu, &set);
}

static void assert_same_counts(const struct replay_counts *threads,
			       const struct replay_counts *made_up)
{
	static const char *const names[] = {"allocs",	  "hits",      "refills", "bypasses",
					    "failed",	  "frees",     "flushes", "grows",
					    "slab_frees", "list_moves"};
	const uint64_t *a = (const uint64_t *)threads, *b = (const uint64_t *)made_up;

	for (size_t i = 0; i < sizeof(*threads) / sizeof(*a); i++)
		if (a[i] != b[i])
			fail_msg("%s: %lu on a thread, %lu on a made-up CPU",
				 i < 10 ? names[i] : "an origin", a[i], b[i]);
}

/* In each run; and each refill has a duration. */
static void assert_as_made_up(unsigned repeat)
{
	struct replay_threads t = run_threads(repeat);
	struct replay r = run_made_up();

	assert_int_equal(t.nr_caches, r.nr_caches);
	assert_int_equal(t.nr_threads, 1);
	assert_int_equal(t.nonsense, r.nonsense);
	assert_int_equal(t.events, r.events);
	assert_int_equal(t.processes, r.processes);
	for (size_t i = 0; i < t.nr_caches; i++) {
		assert_int_equal(t.cache[i].live_before, r.cache[i].live_before);
		assert_int_equal(t.cache[i].freed_unseen, r.cache[i].freed_unseen);
		assert_int_equal(t.cache[i].objects_per_slab, r.cache[i].objects_per_slab);
		for (unsigned run = 0; run < repeat; run++) {
			assert_same_counts(&t.cache[i].run[run], &r.cache[i].replayed_counts);
			assert_same_counts(&t.cache[i].cpu_run[run * t.cpus], &t.cache[i].run[run]);
			assert_int_equal(t.cache[i].refill_ns[run].count,
					 t.cache[i].run[run].refills);
		}
	}
	replay_threads_free(&t);
	replay_free(&r);
}

static void one_cpu(void **state)
{
	(void)state;
	put_load(all_cpus(), 1);
	assert_as_made_up(3);
}

static void put_state(unsigned id, unsigned cpu, unsigned cache, uint64_t a, uint64_t b, uint64_t c,
		      uint64_t d, uint64_t e, uint64_t f)
{
	put((struct trace_event){
		.cpu = cpu, .id = (uint8_t)id, .value = {cache, a, b, c, d, e, f}});
}

/* Full arrays and half full slabs at the beginning; frees of these objects, and of others. */
static void live_before(void **state)
{
	(void)state;
	put_cache(0, "load", 256, all_cpus());
	put_state(TRACE_NODE_STATE, TRACE_NO_CPU, 0, 0, 20, 10, 3, 100, 200);
	put_state(TRACE_ARRAY_STATE, 0, 0, 70, 1, 0, 0, 0, 0);
	for (unsigned i = 0; i < 3000; i++) {
		put_free(0, 0, 0x900000 + 256 * i);
		if (i % 3)
			put_alloc(0, 0, 0x100000 + 256 * i);
	}
	assert_as_made_up(2);
}

/* Recorded slabs, the objects in an array, and frees that find their slabs by address. */
static void told_before(void **state)
{
	struct trace_event objects = {.cpu = 0, .id = TRACE_ARRAY_OBJECTS};
	struct replay told;

	(void)state;
	put_cache_of_kernel(0, "told", 256, all_cpus());
	put_cache_of_kernel(1, "untold", 256, all_cpus());
	for (unsigned i = 0; i < 20; i++)
		put_state(TRACE_PARTIAL_SLAB, TRACE_NO_CPU, 0, 0, 0x900000 + 4096 * i,
			  i % 2 ? 1 : 14, 0, 0, 0);
	for (unsigned cache = 0; cache < 2; cache++) {
		objects.value[TRACE_F_CACHE] = cache;
		put_state(TRACE_NODE_STATE, TRACE_NO_CPU, cache, 0, 10, 20, 0, 150, 0);
		for (unsigned i = 0; i < TRACE_OBJECTS; i++)
			objects.value[OBJECTS_FIRST + i] = 0x900000 + 256 * i;
		put(objects);
		put_state(TRACE_ARRAY_STATE, 0, cache, TRACE_OBJECTS, 0, 0, 0, 0, 0);
	}
	for (unsigned cache = 0; cache < 2; cache++) {
		for (unsigned i = 1; i < 20; i += 2)
			put_free(cache, 0, 0x900000 + 4096 * i);
		put((struct trace_event){.cpu = 0, .id = TRACE_SHRINK, .value = {cache}});
		for (unsigned i = 0; i < 300; i++)
			put_alloc(cache, 0, 0x100000 + 0x100000 * cache + 256 * i);
	}
	assert_as_made_up(2);
	told = run_made_up();
	assert_int_equal(told.cache[0].replayed_counts.slab_frees, 10);
	assert_int_equal(told.cache[1].replayed_counts.slab_frees, 0);
	replay_free(&told);
}

/*
 * The object of a refill exists before the events between the refill and its allocation, which may
 * be missing.
 */
static void refill_before_its_allocation(void **state)
{
	struct replay r;

	(void)state;
	put_cache_of_kernel(0, "interrupted", 64, all_cpus());
	put_interrupted_refill(0, 0, 0x1000, 110);
	put_cache_of_kernel(1, "allocated elsewhere", 64, all_cpus());
	for (unsigned i = 0; i < 3; i++)
		put((struct trace_event){
			.cpu = 0, .id = TRACE_REFILL, .value = {1, 60, 60, 2, 500}});
	put_alloc(1, 0, 0x200000);
	assert_as_made_up(2);
	r = run_made_up();
	assert_int_equal(r.cache[0].replayed_counts.flushes, 1);
	replay_free(&r);
}

/* Other contents of recordings, and missing events. */
static void everything_else(void **state)
{
	(void)state;
	put_cache(0, "one", 64, all_cpus());
	put_cache(1, "two", 5000, all_cpus());
	for (unsigned i = 0; i < 5000; i++) {
		/* the frees of most are not recorded */
		put_alloc(i % 2, 0, 0x1000 + 64 * (i % 700));
		if (i % 5 == 0)
			put_free(i % 3 == 0, 0,
				 0x1000 + 64 * (i % 300)); /* and as if of the other cache */
		if (i % 50 == 0)
			put((struct trace_event){.cpu = 0,
						 .id = TRACE_ALLOC_BYPASS,
						 .value = {0, 0, 0x900000 + 64 * i, 0}});
		if (i % 400 == 10)
			put((struct trace_event){.cpu = 0, .id = TRACE_REAP, .value = {i % 2, 0}});
		if (i % 1000 == 20)
			put((struct trace_event){.cpu = 0, .id = TRACE_SHRINK, .value = {i % 2}});
		if (i % 900 == 30)
			put((struct trace_event){.cpu = 0,
						 .id = TRACE_TUNE,
						 .value = {0, 20 + i % 80, 10, i % 3 * 4}});
	}
	put_free(9, 0, 0x1000);	    /* no such cache */
	put_alloc(0, 5000, 0x1000); /* no such CPU */
	assert_as_made_up(2);
}

/*
 * The kernel ages one array at a time: of a CPU, or the shared one of a node with its free slabs.
 */
static void arrays_age(void **state)
{
	struct replay_threads t;
	uint64_t unaged = 0;

	(void)state;
	for (unsigned aged = 0; aged < 2; aged++) {
		put_cache_of_kernel(0, "ages", 64, all_cpus());
		put_state(TRACE_NODE_STATE, TRACE_NO_CPU, 0, 0, 40, 0, 30, 0, 300);
		put_state(TRACE_ARRAY_STATE, 0, 0, 100, 1, 0, 0, 0, 0);
		for (unsigned i = 0; i < 3000; i++) {
			/* Few enough that no CPU uses the shared array meanwhile. */
			for (unsigned n = 0; n < 3; n++)
				put_alloc(0, 0, 0x100000 + 64 * (3 * i + n));
			if (i % 20 == 0)
				for (unsigned n = 0; n < 30 && i; n++)
					put_free(0, 0, 0x100000 + 64 * (3 * i - 30 + n));
			if (i % 7 == 0 && aged)
				put((struct trace_event){
					.cpu = 0, .id = TRACE_REAP, .value = {0, 0, 24}});
			if (i % 9 == 0 && aged)
				put((struct trace_event){.cpu = TRACE_NO_CPU,
							 .id = TRACE_REAP,
							 .value = {0, 0, 96}});
			if (i % 500 == 0 && aged) /* there is no such node */
				put((struct trace_event){.cpu = TRACE_NO_CPU,
							 .id = TRACE_REAP,
							 .value = {0, 200, 1}});
			/* Until it has been idle. */
			for (unsigned n = 0; n < 3 && i % 100 == 50 && aged; n++)
				put((struct trace_event){
					.cpu = 0, .id = TRACE_REAP, .value = {0, 0, 24}});
		}
		assert_as_made_up(2);
		t = run_threads(1);
		if (!aged) {
			unaged = t.cache[0].run[0].refills;
			teardown(NULL);
			assert_int_equal(setup(NULL), 0);
		} else {
			assert_true(t.cache[0].run[0].refills > unaged + 20);
		}
		replay_threads_free(&t);
	}
}

/* Of two recorded CPUs on one real CPU only the first one ages the array that they share. */
static void one_array_ages_once(void **state)
{
	struct trace_event reap = {.cpu = 1, .id = TRACE_REAP, .value = {0, 0, 24}};
	struct replay_threads t;
	cpu_set_t was, one;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(was), &was), 0);
	CPU_ZERO(&one);
	for (unsigned cpu = 0; !CPU_COUNT(&one); cpu++)
		if (CPU_ISSET(cpu, &was))
			CPU_SET(cpu, &one);
	put_cache_of_kernel(0, "ages", 64, 2);
	put_state(TRACE_ARRAY_STATE, 0, 0, 100, 1, 0, 0, 0, 0);
	for (unsigned i = 0; i < 20; i++)
		put(reap);
	put_alloc(0, 1, 0x1000);
	put_free(0, 0, 0x1000); /* waits for all of them */
	for (unsigned i = 0; i < 100; i++)
		put_alloc(0, 0, 0x10000 + 64 * i);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	t = run_threads(1);
	assert_int_equal(sched_setaffinity(0, sizeof(was), &was), 0);
	assert_int_equal(t.cpus, 1);
	assert_int_equal(t.cache[0].run[0].hits, 101);
	assert_int_equal(t.cache[0].run[0].refills, 0);
	replay_threads_free(&t);
}

/* One CPU frees what another one allocates: 200,000 objects, only few of them at a time. */
#define HANDED_OVER 200000

static void put_handover(void)
{
	put_cache(0, "handed-over", 64, all_cpus());
	for (unsigned i = 0; i < HANDED_OVER; i++) {
		put_alloc(0, 0, 0x1000 + 64 * (i % 8));
		if (i >= 4)
			put_free(0, 1, 0x1000 + 64 * ((i - 4) % 8));
	}
}

static void assert_handed_over(const struct replay_threads *t)
{
	const struct replay_threads_cache *c = &t->cache[0];
	/* Two may be so far apart, with their batches and arrays. */
	unsigned most = 2 * REPLAY_THREADS_AHEAD + t->cpus * 120 + 8 * 60;

	assert_int_equal(t->nr_threads, 2);
	for (unsigned run = 0; run < t->repeat; run++) {
		assert_int_equal(c->run[run].allocs, HANDED_OVER);
		assert_int_equal(c->run[run].frees, HANDED_OVER - 4);
		assert_int_equal(c->run[run].allocs, c->run[run].hits + c->run[run].refills);
		assert_true(c->peak[run] > 8 && c->peak[run] <= most);
	}
}

static void frees_of_another_cpu(void **state)
{
	struct replay_threads t;

	(void)state;
	if (!may_use(0) || !may_use(1))
		skip();
	put_handover();
	t = run_threads(3);
	assert_handed_over(&t);
	assert_int_equal(t.cpus, 2);
	for (unsigned run = 0; run < t.repeat; run++) {
		const struct replay_counts *cpu = &t.cache[0].cpu_run[run * t.cpus];

		/* All allocations on one, all frees on the other. */
		assert_int_equal(cpu[0].allocs, HANDED_OVER);
		assert_int_equal(cpu[1].allocs, 0);
		assert_int_equal(cpu[0].frees, 0);
		assert_int_equal(cpu[1].frees, HANDED_OVER - 4);
	}
	assert_true(t.waits.max > 0);
	replay_threads_free(&t);
}

/* Two recorded CPUs on a single one take turns, and the result says so. */
static void too_few_cpus(void **state)
{
	cpu_set_t was, one;
	struct replay_threads t;
	unsigned first = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(was), &was), 0);
	while (!CPU_ISSET(first, &was))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	put_handover();
	t = run_threads(1);
	assert_int_equal(sched_setaffinity(0, sizeof(was), &was), 0);
	assert_handed_over(&t);
	assert_int_equal(t.cpus, 1);
	assert_int_equal(t.cpu[0], first);
	assert_int_equal(t.thread[0].real, first);
	assert_int_equal(t.thread[1].real, first);
	assert_int_equal(t.thread[1].recorded, 1);
	replay_threads_free(&t);
}

/* CPUs of numbers that this machine does not have, in a recording of many. */
static void many_cpus(void **state)
{
	struct replay_threads t;

	(void)state;
	put_load(64, 64);
	t = run_threads(2);
	assert_int_equal(t.nr_threads, 64);
	for (unsigned i = 0; i < t.nr_threads; i++)
		assert_true(may_use(t.thread[i].real));
	for (unsigned run = 0; run < 2; run++) {
		assert_int_equal(t.cache[0].run[run].allocs, load_allocs);
		assert_int_equal(t.cache[0].run[run].frees, load_frees);
	}
	replay_threads_free(&t);
}

static void durations(void **state)
{
	struct replay_threads t;
	struct hist all;

	(void)state;
	put_load(1, 1);
	t = run_threads(5);
	assert_true(t.empty_ns.count > 1000);
	assert_true(t.empty_low <= t.empty_median && t.empty_median <= t.empty_high);
	replay_threads_hist(&t, &t.cache[0], &all);
	assert_true((double)all.count == 5 * t.cache[0].refills.median);
	for (int q = 0; q < REPLAY_QUANTILES; q++) {
		const struct replay_range *r = &t.cache[0].refill_ns_of[q];

		if (q < REPLAY_MAX &&
		    !latency_enough(&t.cache[0].refill_ns[0], replay_threads_share[q])) {
			assert_true(isnan(r->median)); /* of too few refills */
			continue;
		}
		assert_true(r->min >= 0 && r->min <= r->median && r->median <= r->max);
		assert_true(q == 0 || isnan(t.cache[0].refill_ns_of[q - 1].median) ||
			    r->median >= t.cache[0].refill_ns_of[q - 1].median);
	}
	/*
	 * A refill takes longer than nothing. Without the reading of the clock it is shorter than
	 * with it.
	 */
	assert_true(t.cache[0].refill_ns_of[REPLAY_P50].median > 0);
	assert_true(t.cache[0].refill_ns_of[REPLAY_MAX].max < (double)all.max);
	assert_true(t.took_s[0] > 0 && t.took_s[0] < 60);
	replay_threads_free(&t);
}

static void ranges(void **state)
{
	double odd[] = {3, NAN, 1, 2}, even[] = {4, 1, 2, 3}, none[] = {NAN};
	struct replay_range r = replay_threads_range_of(odd, 4);

	(void)state;
	assert_true(r.min == 1 && r.median == 2 && r.max == 3);
	r = replay_threads_range_of(even, 4);
	assert_true(r.min == 1 && r.median == 2.5 && r.max == 4);
	r = replay_threads_range_of(none, 1);
	assert_true(isnan(r.min) && isnan(r.median) && isnan(r.max));
}

static void what_cannot_be_played(void **state)
{
	struct replay_threads t;

	(void)state;
	put_cache(0, "huge", 8 << 20, 1);
	put_cache(1, "usual", 64, 1);
	put_cache(2, "idle", 64, 1);
	put_alloc(0, 0, 0x1000);
	put_alloc(1, 0, 0x2000);
	put_free(0, 0, 0x1000);
	put_alloc(1, 0, 0x1000); /* the memory of one in a cache that was not replayed */
	t = run_threads(1);
	assert_false(t.cache[0].replayed);
	assert_non_null(t.cache[0].why_not);
	assert_true(t.cache[1].replayed);
	assert_int_equal(t.cache[1].run[0].allocs, 2);
	assert_true(isnan(t.cache[2].hit_rate.median));
	assert_true(isnan(t.cache[2].refill_ns_of[REPLAY_P50].median));
	replay_threads_free(&t);
}

static void nothing_at_all(void **state)
{
	struct replay_threads t;

	(void)state;
	t = run_threads(2);
	assert_int_equal(t.nr_caches, 0);
	assert_int_equal(t.nr_threads, 0);
	assert_int_equal(t.events, 0);
	replay_threads_free(&t);
}

/* A recording that ends in the middle of a packet is replayed up to there. */
static void cut_off(void **state)
{
	struct replay_threads t;
	char path[96];

	(void)state;
	put_load(1, 1);
	open_recording();
	trace_reader_close(reader);
	reader = NULL;
	snprintf(path, sizeof(path), "%s/cpu_0", dir);
	assert_int_equal(truncate(path, 1000000), 0);
	t = run_threads(1);
	assert_int_equal(trace_reader_losses(reader)->torn, 1);
	assert_true(t.cache[0].run[0].allocs > 10000 && t.cache[0].run[0].allocs < load_allocs);
	replay_threads_free(&t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(one_cpu),
		TEST(live_before),
		TEST(told_before),
		TEST(refill_before_its_allocation),
		TEST(everything_else),
		TEST(arrays_age),
		TEST(one_array_ages_once),
		TEST(frees_of_another_cpu),
		TEST(too_few_cpus),
		TEST(many_cpus),
		TEST(durations),
		cmocka_unit_test(ranges),
		TEST(what_cannot_be_played),
		TEST(nothing_at_all),
		TEST(cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
