// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* refill_walk.c: steps of many threads become complete refills; a replay goes forward and back. */
#include "fixture.h"

static struct walk w;

static void update(struct snapshot *s)
{
	struct model m = {.watch = s->watch};

	refill_walk_update(&w, &m);
	snapshot_free(s);
}

static struct snapshot watched(void)
{
	struct snapshot s = snapshot_at(0);

	s.watch.on = true;
	s.watch.side = 1;
	s.watch.cache = 2;
	return s;
}

static int start(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	return 0;
}

static unsigned on_list(const struct walk_slabs *s, enum walk_list list)
{
	unsigned nr = 0;

	for (size_t i = 0; i < s->nr; i++)
		nr += s->slab[i].list == list;
	return nr;
}

static void a_refill_is_replayed(void **state)
{
	struct snapshot s = snapshot_at(0);
	struct walk_wish none = {0}, forward = {.by = 1}, back = {.by = -1};
	struct walk_slabs now;
	const struct walk_slab *moved;
	static const struct {
		unsigned full, partial, free;
		uint64_t slab;
	} wanted[] = {{18, 9, 3, 0},   {19, 8, 3, 126}, {20, 8, 2, 127}, {20, 8, 2, 0},
		      {20, 8, 3, 412}, {20, 9, 2, 412}, {20, 9, 2, 0}};

	(void)state;
	watch_refill(&s, 1, 2);
	update(&s);
	assert_int_equal(w.refills, 1);
	refill_walk_replay(&w, &none, 0);
	assert_int_equal(w.shown.nr, 6);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 7; i++) {
			size_t at = round ? 6 - i : i;

			assert_int_equal(w.at, at);
			refill_walk_slabs_now(&w, &now, &moved);
			assert_int_equal(on_list(&now, WALK_FULL), wanted[at].full);
			assert_int_equal(on_list(&now, WALK_PARTIAL), wanted[at].partial);
			assert_int_equal(on_list(&now, WALK_FREE), wanted[at].free);
			assert_int_equal(moved ? moved->slab : 0, wanted[at].slab);
			refill_walk_replay(&w, round ? &back : &forward, 0);
		}
	}
	assert_int_equal(w.at, 0);
}

/* Steps of threads are mixed, and those of a node not always in order. */
static void threads_are_told_apart(void **state)
{
	struct snapshot s = watched();
	struct walk_wish none = {0};

	(void)state;
	add_step(&s, STEP_LIST_MOVE, 7, 1, WALK_FREE, WALK_PARTIAL, 3);
	add_step(&s, STEP_LIST_MOVE, 8, 2, WALK_FREE, WALK_FULL, 9);
	add_step(&s, STEP_LIST_MOVE, 7, 1, WALK_PARTIAL, WALK_FULL, 9);
	add_step(&s, STEP_REFILL, 8, 0, 60, 9, ORIGIN_FREE);
	add_step(&s, STEP_LIST_MOVE, 7, 3, WALK_FREE, WALK_PARTIAL, 1);
	s.watch.step[0].seq = 5; /* really after the third */
	s.watch.step[2].seq = 4;
	s.watch.step[4].seq = 6;
	update(&s);
	refill_walk_replay(&w, &none, 0);
	assert_int_equal(w.shown.nr, 2);
	assert_int_equal(w.shown.step[0].slab, 2);
	s = watched();
	add_step(&s, STEP_REFILL, 7, 0, 60, 10, ORIGIN_FREE);
	s.watch.step[0].number = 5;
	update(&s);
	assert_int_equal(w.refills, 2);
	assert_int_equal(w.last.nr, 4);
	assert_int_equal(w.last.step[0].seq, 4);
	assert_int_equal(w.last.step[1].seq, 5);
	assert_int_equal(on_list(&w.slabs, WALK_PARTIAL), 2);
}

/* A refill that may lack a step is not shown; the next one is. */
static void a_gap_breaks_what_is_under_way(void **state)
{
	struct snapshot s = watched();

	(void)state;
	add_step(&s, STEP_LIST_MOVE, 7, 1, WALK_FREE, WALK_PARTIAL, 3);
	add_step(&s, STEP_REFILL, 7, 0, 60, 3, ORIGIN_FREE);
	add_step(&s, STEP_REFILL, 7, 0, 60, 3, ORIGIN_SHARED);
	s.watch.step[1].number = 3;
	s.watch.step[2].number = 4;
	update(&s);
	assert_int_equal(w.lost, 2);
	assert_int_equal(w.refills, 1);
	assert_int_equal(w.last.nr, 1);
	assert_int_equal(w.last_moved.nr, 0);
}

static void refills_with_moves_come_first(void **state)
{
	struct snapshot s = snapshot_at(0);
	struct walk_wish wish = {0};

	(void)state;
	watch_refill(&s, 1, 2);
	add_step(&s, STEP_REFILL, 0, 0, 60, 60, ORIGIN_SHARED);
	update(&s);
	refill_walk_replay(&w, &wish, 0);
	assert_int_equal(w.shown.nr, 6);
	wish.any = wish.newest = true;
	refill_walk_replay(&w, &wish, 0);
	assert_int_equal(w.shown.nr, 1);
	wish = (struct walk_wish){.play = true, .any = true};
	refill_walk_replay(&w, &wish,
			   1); /* a second later: the next step, then the newest refill */
	assert_int_equal(w.at, 1);
	refill_walk_replay(&w, &wish, 1.5);
	assert_int_equal(w.at, 1);
	refill_walk_replay(&w, &wish, 2);
	assert_int_equal(w.at, 0);
}

static void another_cache_begins_anew(void **state)
{
	struct snapshot s = snapshot_at(0);

	(void)state;
	watch_refill(&s, 1, 2);
	update(&s);
	s = watched();
	s.watch.cache = 3;
	update(&s);
	assert_int_equal(w.refills, 0);
	assert_int_equal(w.slabs.nr, 0);
	assert_true(w.on);
	s = snapshot_at(0); /* no cache is watched any more */
	update(&s);
	assert_false(w.on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_refill_is_replayed, start),
		cmocka_unit_test_setup(threads_are_told_apart, start),
		cmocka_unit_test_setup(a_gap_breaks_what_is_under_way, start),
		cmocka_unit_test_setup(refills_with_moves_come_first, start),
		cmocka_unit_test_setup(another_cache_begins_anew, start),
	};

	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
