// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A recording as a source: the counts at its end, at any time before, and after going back; what is
 * not recorded is unknown; steps for Walk; recordings that cannot be played.
 */
#include <errno.h>

#include "model/model.h"
#include "trace/recorded_counts.h"
#include "trace/source_recording.h"
#include "made_up.h"

static struct choice all;
static struct source *source;

static void open_source(void)
{
	const struct source_options o = {.choice = &all, .from = dir};
	struct failure f = {""};

	open_recording();
	if (source_recording_open(&source, &o, &f))
		fail_msg("%s", f.text);
}

static struct snapshot at(uint64_t ns)
{
	struct snapshot s = {0};
	struct failure f = {""};

	source_recording_seek(source, ns);
	assert_int_equal(source->read(source, &s, &f), 0);
	return s;
}

static int start(void **state)
{
	choice_init(&all);
	return setup(state);
}

static int stop(void **state)
{
	if (source)
		source->close(source);
	source = NULL;
	choice_free(&all);
	return teardown(state);
}

#define FAR UINT64_MAX / 2

static void comes_to_what_was_recorded(void **state)
{
	struct failure f = {""};
	struct snapshot s;
	struct replay r;

	(void)state;
	put_load(4, 4);
	open_source();
	s = at(FAR);
	assert_int_equal(replay_run(reader, &as_recorded, &r, &f), 0);
	assert_true(s.played.over);
	assert_int_equal(s.nr_sides, 1);
	assert_int_equal(s.side[0].pid, 1);
	assert_int_equal(s.side[0].nr_caches, 1);
	assert_int_equal(s.side[0].cache[0].total[COUNT_ALLOCS], r.cache[0].recorded.allocs);
	assert_int_equal(s.side[0].cache[0].total[COUNT_FREES], r.cache[0].recorded.frees);
	assert_int_equal(s.side[0].cache[0].total[COUNT_HITS], r.cache[0].recorded.hits);
	assert_int_equal(s.side[0].cache[0].nr_cpus, 4);
	for (unsigned cpu = 0; cpu < 4; cpu++)
		assert_int_equal(s.side[0].cache[0].cpu[cpu].count[COUNT_ALLOCS],
				 r.cache[0].cpu_recorded[cpu].allocs);
	replay_free(&r);
	snapshot_free(&s);
}

/* An event counts from right after its time; the first one is at 0. */
static void time_passes(void **state)
{
	struct snapshot s;

	(void)state;
	put_cache(0, "slow", 64, 1); /* at 0 */
	for (unsigned i = 0; i < 100; i++)
		put_alloc(0, 0, 64 * i); /* at 1 to 100 */
	open_source();
	s = at(0);
	assert_int_equal(s.nr_sides, 0);
	assert_int_equal(s.played.of_ns, 101);
	snapshot_free(&s);
	for (unsigned t = 1; t <= 101; t += 10) {
		s = at(t);
		assert_int_equal(s.side[0].cache[0].total[COUNT_ALLOCS], t - 1);
		assert_int_equal(s.played.at_ns, t);
		assert_int_equal(s.played.over, t == 101);
		snapshot_free(&s);
	}
	s = at(500); /* no more events */
	assert_int_equal(s.played.at_ns, 101);
	assert_int_equal(s.side[0].cache[0].total[COUNT_ALLOCS], 100);
	snapshot_free(&s);
	s = at(33);
	assert_int_equal(s.side[0].cache[0].total[COUNT_ALLOCS], 32);
	assert_false(s.played.over);
	snapshot_free(&s);
	s = at(0);
	assert_int_equal(s.nr_sides, 0);
	snapshot_free(&s);
}

/* Forth and back: the same time, the same counts. */
static void back_and_forth(void **state)
{
	uint64_t seen[20][2];

	(void)state;
	put_load(2, 2);
	open_source();
	for (int i = 0; i < 40; i++) {
		int n = i < 20 ? i : 7 * i % 20;
		struct snapshot s = at(1 + 10000u * (unsigned)n);
		uint64_t *total = s.side[0].cache[0].total;

		if (i < 20) {
			seen[n][0] = total[COUNT_ALLOCS];
			seen[n][1] = total[COUNT_FREES];
			assert_true(!n || seen[n][0] > seen[n - 1][0]);
		}
		assert_int_equal(total[COUNT_ALLOCS], seen[n][0]);
		assert_int_equal(total[COUNT_FREES], seen[n][1]);
		snapshot_free(&s);
	}
}

static void put_refill(unsigned cache, unsigned cpu, unsigned origin, uint32_t ns)
{
	put((struct trace_event){
		.cpu = cpu, .id = TRACE_REFILL, .value = {cache, 60, 60, origin, ns}});
}

static void latencies_and_origins(void **state)
{
	struct snapshot s;
	struct hist *h;

	(void)state;
	put_cache(0, "refilled", 64, 2);
	for (unsigned i = 1; i <= 100; i++)
		put_refill(0, 0, ORIGIN_PARTIAL, 1000 * i);
	put_refill(0, 1, ORIGIN_GROWN, TRACE_NS_UNKNOWN);
	put_refill(0, 1, ORIGIN_FAILED, 5);
	open_source();
	s = at(FAR);
	h = s.side[0].cache[0].refill_ns;
	assert_int_equal(s.side[0].cache[0].total[COUNT_REFILLS], 101);
	assert_int_equal(s.side[0].cache[0].total[COUNT_ORIGIN + ORIGIN_PARTIAL], 100);
	assert_int_equal(s.side[0].cache[0].total[COUNT_ORIGIN + ORIGIN_GROWN], 1);
	assert_int_equal(s.side[0].cache[0].total[COUNT_ORIGIN + ORIGIN_FAILED], 1);
	assert_int_equal(h->count,
			 /*
			  * the one with an unknown duration has none; a failed refill is no refill
			  */
			 100);
	assert_int_equal(h->max, 100000);
	assert_true(latency_percentile(h, 0.5) > 47000 && latency_percentile(h, 0.5) < 53000);
	assert_null(s.side[0].cache[0].cpu[1].refill_ns);
	snapshot_free(&s);
}

static void put_kernel_cache(unsigned number, const char *name)
{
	struct trace_event e = {.cpu = TRACE_NO_CPU,
				.id = TRACE_CACHE,
				.value = {number, 0, 1, 64, 64, 64, 4096, 0, 0, 0, 2}};

	strcpy(e.text[0], name);
	put(e);
}

/* What a kernel does not show is not 0. */
static void what_is_known(void **state)
{
	const uint32_t hits = COUNT_BIT(COUNT_HITS), refills = COUNT_BIT(COUNT_REFILLS);
	struct trace_event e = {.cpu = 0, .id = TRACE_ALLOC, .value = {1, 0, 0x1000}};
	struct snapshot s;

	(void)state;
	put_cache(0, "ours", 64, 2);
	put_kernel_cache(1, "theirs");
	put_alloc(0, 0, 0x1000);
	put_refill(0, 0, ORIGIN_GROWN, 7);
	put(e);
	put_refill(1, 0, ORIGIN_GROWN, TRACE_NS_UNKNOWN); /* at 5 */
	open_source();
	s = at(5);
	for (size_t i = 0; i < s.nr_sides; i++) {
		const struct snap_cache *c = &s.side[i].cache[0];
		bool ours = s.side[i].kind == SIDE_REFERENCE;

		assert_int_equal((c->counts_known & hits) != 0, ours);
		assert_int_equal((c->counts_known & refills) != 0, ours);
		assert_int_equal(c->latency_known, ours);
		assert_true(c->counts_known & COUNT_BIT(COUNT_ALLOCS));
		assert_false(c->callers_known);
		/* their number is unknown */
		assert_false(c->gauges_known & GAUGE_BIT(GAUGE_SLABS));
	}
	assert_int_equal(s.nr_sides, 2);
	snapshot_free(&s);
	s = at(FAR);
	for (size_t i = 0; i < s.nr_sides; i++)
		if (s.side[i].kind == SIDE_KERNEL) {
			assert_true(s.side[i].cache[0].counts_known & refills);
			assert_false(s.side[i].cache[0].counts_known & hits);
			assert_false(s.side[i].cache[0].latency_known); /* it has no duration */
		}
	snapshot_free(&s);
}

/* Inferred counts are marked, with their doubts; origins are unknown. */
static void what_is_inferred(void **state)
{
	const uint32_t counts =
		COUNT_BIT(COUNT_HITS) | COUNT_BIT(COUNT_REFILLS) | COUNT_BIT(COUNT_BYPASSES);
	struct snapshot s, empty = {0};
	struct model m;

	(void)state;
	put_kernel_cache(0, "sure");
	put_doubts(0, 0);
	put_kernel_cache(1, "unsure");
	put_doubts(1, 0);
	for (unsigned i = 0; i < 10; i++)
		put_inferred(i % 2, 0, 0x10000 + 0x1000ull * i);
	put_doubts(1, 5);
	open_source();
	s = at(FAR);
	assert_int_equal(s.side[0].nr_caches, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct snap_cache *c = &s.side[0].cache[i];

		assert_int_equal(c->counts_inferred, counts);
		assert_int_equal(c->counts_known & counts, counts);
		assert_int_equal(c->doubtful, strcmp(c->name, "sure") ? 5 : 0);
		assert_false(c->counts_known & ~(COUNT_BIT(COUNT_ORIGIN) - 1));
		assert_false(c->latency_known);
		assert_int_equal(c->total[COUNT_REFILLS], 5);
	}
	assert_int_equal(model_make(&m, &empty, &s), 0);
	assert_int_equal(m.nr_missing, 2); /* the other: callers */
	assert_string_equal(m.missing[1].what, "inferred counts of 1 cache");
	assert_non_null(strstr(m.missing[1].why, "unsure"));
	model_free(&m);
	snapshot_free(&s);
}

static void put_slab_event(unsigned id, uint64_t slab, uint64_t a, uint64_t b, uint64_t c)
{
	put((struct trace_event){.cpu = 1, .id = (uint8_t)id, .value = {0, 0, slab, a, b, c}});
}

/* Slabs are those at the beginning, plus new and minus freed ones. */
static void slabs(void **state)
{
	struct trace_event cache = {.cpu = TRACE_NO_CPU,
				    .id = TRACE_CACHE,
				    .value = {0, 7, 0, 64, 64, 63, 4096, 120, 60, 8, 2}};
	struct trace_event node = {
		.cpu = TRACE_NO_CPU, .id = TRACE_NODE_STATE, .value = {0, 0, 5, 3, 2, 40, 0}};
	struct snapshot s;

	(void)state;
	strcpy(cache.text[0], "slabs");
	put(cache);
	put(node);
	put_slab_event(TRACE_GROW, 11, 63, 100, 0);
	put_slab_event(TRACE_GROW, 12, 63, 100, 0);
	put_slab_event(TRACE_SLAB_DESTROY, 11, 0, 0, 0);
	open_source();
	s = at(FAR);
	assert_int_equal(s.side[0].cache[0].gauge[GAUGE_SLABS], 11);
	assert_int_equal(s.side[0].cache[0].gauge[GAUGE_BYTES], 11 * 4096);
	assert_int_equal(s.side[0].cache[0].gauge[GAUGE_OBJECTS], 11 * 63);
	assert_int_equal(s.side[0].cache[0].gauge[GAUGE_LIMIT], 120);
	assert_false(s.side[0].cache[0].gauges_known & GAUGE_BIT(GAUGE_ACTIVE_OBJECTS));
	snapshot_free(&s);
}

/* Of the watched cache only, each once, in their order. */
static void steps(void **state)
{
	static const enum step_kind wanted[] = {STEP_GROW, STEP_LIST_MOVE, STEP_REFILL, STEP_FLUSH};
	struct snapshot s;

	(void)state;
	put_cache(0, "watched", 64, 2);
	put_cache(1, "not", 64, 2);
	put_slab_event(TRACE_GROW, 11, 63, 100, 0);
	put_refill(1, 1, ORIGIN_SHARED, 9);
	put_slab_event(TRACE_LIST_MOVE, 11, 0, 1, 60);
	put_refill(0, 1, ORIGIN_GROWN, 300);
	put((struct trace_event){.cpu = 1, .id = TRACE_FLUSH, .value = {0, 60, 20}});
	open_source();
	s = at(2);
	assert_false(s.watch.on);
	source->watch(source, 1, s.side[0].cache[0].id);
	snapshot_free(&s);
	s = at(FAR);
	assert_true(s.watch.on);
	assert_int_equal(s.watch.nr, 4);
	for (size_t i = 0; i < s.watch.nr; i++) {
		assert_int_equal(s.watch.step[i].kind, wanted[i]);
		assert_int_equal(s.watch.step[i].cpu, 1);
		assert_true(!i || s.watch.step[i].number == s.watch.step[i - 1].number + 1);
	}
	assert_true(s.watch.step[0].b == STEP_UNKNOWN); /* the colour is not recorded */
	assert_int_equal(s.watch.step[1].c, 60);	/* in use */
	assert_int_equal(s.watch.step[2].ns, 300);
	snapshot_free(&s);
	s = at(FAR);
	assert_int_equal(s.watch.nr, 0);
	snapshot_free(&s);
}

/* As seen: a recording from the first instruction on, and Walk had no slab on any list. */
static void steps_before_the_watch_are_there(void **state)
{
	struct snapshot s;

	(void)state;
	put_cache(0, "watched", 64, 2);
	put_slab_event(TRACE_GROW, 11, 63, 100, 0);
	put_slab_event(TRACE_LIST_MOVE, 11, 0, 1, 60);
	put_refill(0, 1, ORIGIN_GROWN, 300);
	for (unsigned i = 0; i < RECORDED_COUNTS_STEPS; i++)
		put_slab_event(TRACE_LIST_MOVE, 12, 1, 2, 60);
	put_refill(0, 1, ORIGIN_PARTIAL, 300);
	open_source();
	s = at(3);
	source->watch(source, 1, s.side[0].cache[0].id);
	snapshot_free(&s);
	s = at(4);
	assert_int_equal(s.watch.nr, 3);
	assert_int_equal(s.watch.step[1].slab, 11);
	assert_int_equal(s.side[0].cache[0].total[COUNT_REFILLS], 1);
	snapshot_free(&s);
	source->watch(source, 0, 0);
	source->watch(source, 1, 1);
	s = at(FAR); /* of too many, the newest are kept */
	assert_true(s.watch.nr > RECORDED_COUNTS_STEPS / 4);
	assert_true(s.watch.nr <= RECORDED_COUNTS_STEPS);
	assert_int_equal(s.watch.step[s.watch.nr - 1].kind, STEP_REFILL);
	assert_int_equal(s.side[0].cache[0].total[COUNT_REFILLS], 2);
	snapshot_free(&s);
}

static void chosen_caches(void **state)
{
	struct failure f = {""};
	struct snapshot s;

	(void)state;
	assert_int_equal(choice_add_globs(&all, "a*", &f), 0);
	put_cache(0, "abc", 64, 1);
	put_cache(1, "xyz", 64, 1);
	put_alloc(0, 0, 0x1000);
	put_alloc(1, 0, 0x2000);
	open_source();
	s = at(FAR);
	assert_int_equal(s.nr_sides, 1);
	assert_int_equal(s.side[0].nr_caches, 1);
	assert_string_equal(s.side[0].cache[0].name, "abc");
	snapshot_free(&s);
}

static void refused(const char *why)
{
	const struct source_options o = {.choice = &all, .from = dir};
	struct failure f = {""};

	assert_true(source_recording_open(&source, &o, &f) < 0);
	assert_null(source);
	if (!strstr(f.text, why))
		fail_msg("it says: %s", f.text);
}

static void rewrite(const char *file, const char *what, const char *by)
{
	snprintf(command, sizeof(command), "sed -i 's/%s/%s/' %s/%s", what, by, dir, file);
	assert_int_equal(system(command), 0);
}

static void what_cannot_be_played(void **state)
{
	char path[96];

	(void)state;
	open_recording();
	refused("nothing happened");
	snprintf(path, sizeof(path), "%s/cpu_0", dir);
	snprintf(command, sizeof(command),
		 "echo nonsense nonsense nonsense nonsense nonsense nonsense nonsense >%s", path);
	assert_int_equal(system(command), 0);
	refused("damaged (cpu_0");
	rewrite("metadata", "slabscope_schema = [0-9]*", "slabscope_schema = 9999");
	refused("use a newer slabscope");
	rewrite("metadata", "slabscope_schema", "something_else");
	refused("not a recording of slabscope");
}

/* The readable part is played, and the loss is reported. */
static void cut_off(void **state)
{
	struct snapshot s;
	char path[96];
	bool said = false;

	(void)state;
	put_load(1, 1);
	open_recording();
	snprintf(path, sizeof(path), "%s/cpu_0", dir);
	assert_int_equal(truncate(path, 1000000), 0);
	open_source();
	s = at(FAR);
	assert_true(s.side[0].cache[0].total[COUNT_ALLOCS] > 10000);
	assert_true(s.side[0].cache[0].total[COUNT_ALLOCS] < load_allocs);
	for (size_t i = 0; i < s.nr_missing; i++)
		said |= !strcmp(s.missing[i].what, "the rest of the recording");
	assert_true(said);
	snapshot_free(&s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(comes_to_what_was_recorded),
		TEST(time_passes),
		TEST(back_and_forth),
		TEST(latencies_and_origins),
		TEST(what_is_known),
		TEST(what_is_inferred),
		TEST(slabs),
		TEST(steps),
		TEST(steps_before_the_watch_are_there),
		TEST(chosen_caches),
		TEST(what_cannot_be_played),
		TEST(cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
