// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * frames.c: pairs of entries and exits in made-up tasks: nested, two tasks at one place, all places
 * taken, and exits never seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../bpf/events.h"
#include "../../bpf/events_record.h"

/* Stands in for headers that only BPF programs can include. */
#define SLABSCOPE_BASE_BPF_H
#define KERNEL_COUNT_BPF_H
#undef __always_inline
#undef __noinline
#define __always_inline	    inline __attribute__((always_inline))
#define __noinline	    static __attribute__((noinline))
#define likely(condition)   (condition)
#define unlikely(condition) (condition)

static struct kernel_troubles troubles;
static uint64_t now = 1000, running_task;

static uint64_t bpf_ktime_get_ns(void)
{
	return now++;
}

static uint64_t bpf_get_current_task(void)
{
	return running_task;
}

static uint32_t bpf_get_smp_processor_id(void)
{
	return 3;
}

#ifdef OLD
/* The map that stands in for atomic operations. */
#include <errno.h>
#include <linux/bpf.h>
#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name

static unsigned char taken[2 * 1024];

static long bpf_map_update_elem(void *map, const void *key, const void *value, uint64_t flags)
{
	unsigned char *at = &taken[*(const uint32_t *)key];

	(void)map;
	(void)value;
	assert_int_equal(flags, BPF_NOEXIST);
	if (*at)
		return -EEXIST;
	*at = 1;
	return 0;
}

static long bpf_map_delete_elem(void *map, const void *key)
{
	unsigned char *at = &taken[*(const uint32_t *)key];

	(void)map;
	assert_true(*at);
	*at = 0;
	return 0;
}
#endif

#include "../../bpf/kernel_frames.bpf.h"
#include "../../bpf/kernel_hit.bpf.h"

#define FIRST 0xffff888100000000ull
#define ALIGN 64

static int setup(void **state)
{
	(void)state;
	memset(stacks, 0, sizeof(stacks));
#ifdef OLD
	memset(taken, 0, sizeof(taken));
#endif
	troubles = (struct kernel_troubles){0};
	return 0;
}

/* Nothing is left: a lost stack would be missing for all others. */
static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < STACKS; i++)
		if (stacks[i].word)
			return -1;
#ifdef OLD
	for (size_t i = 0; i < sizeof(taken); i++)
		if (taken[i])
			return -1;
#endif
	return 0;
}

static struct frame *enter(uint64_t task, enum frame_kind kind, uint64_t cache)
{
	struct frame *f;

	running_task = task;
	f = frame_push((void *)cache);
	if (f)
		frame_begin(f, kind, 0);
	return f;
}

static bool leave(uint64_t task, enum frame_kind kind, uint64_t cache)
{
	struct place at;

	running_task = task;
	if (!frame_find(kind, &at))
		return false;
	assert_int_equal(at.frame->cache, cache);
	frame_pop(&at);
	return true;
}

/* Returns the next task that looks at the same place first. */
static uint64_t rival(uint64_t task)
{
	uint64_t other = task + ALIGN;

	while (stack_at(other, 0) != stack_at(task, 0))
		other += ALIGN;
	return other;
}

static void one_task(void **state)
{
	struct frame *f = enter(FIRST, FRAME_REFILL, 7);

	(void)state;
	assert_int_equal(f->cpu, 3);
	assert_ptr_equal(frame_around(7), f);
	assert_null(frame_around(8));
	assert_false(leave(FIRST, FRAME_GROW, 0));
	assert_true(leave(FIRST, FRAME_REFILL, 7));
	assert_null(frame_around(0));
	assert_false(leave(FIRST, FRAME_REFILL, 7));
	assert_int_equal(troubles.unpaired, 0);
}

/* A refill within reclaim within a refill, and a new slab in it: the newest of a kind matches. */
static void nested(void **state)
{
	(void)state;
	enter(FIRST, FRAME_REFILL, 1);
	enter(FIRST, FRAME_GROW, 1);
	enter(FIRST, FRAME_REFILL, 2);
	assert_int_equal(frame_around(0)->cache, 2);
	enter(FIRST, FRAME_GROW, 2);
	assert_true(leave(FIRST, FRAME_GROW, 2));
	assert_true(leave(FIRST, FRAME_REFILL, 2));
	assert_int_equal(frame_around(0)->kind, FRAME_GROW);
	assert_true(leave(FIRST, FRAME_GROW, 1));
	assert_true(leave(FIRST, FRAME_REFILL, 1));
	assert_int_equal(troubles.unpaired, 0);
}

/* The frame of an unseen exit is dropped by that of an older one, and counted. */
static void left_above(void **state)
{
	(void)state;
	enter(FIRST, FRAME_REFILL, 1);
	enter(FIRST, FRAME_GROW, 1);
	enter(FIRST, FRAME_BYPASS, 2);
	enter(FIRST, FRAME_REFILL, 3);
	assert_true(leave(FIRST, FRAME_GROW, 1));
	assert_int_equal(troubles.unpaired, 1);
	assert_true(leave(FIRST, FRAME_REFILL, 1));
	assert_int_equal(troubles.unpaired, 1);
}

/* The exit that is missing would have said whether this was a refill: it is not unpaired. */
static void left_undecided(void **state)
{
	(void)state;
	enter(FIRST, FRAME_REFILL, 1);
	frame_begin(enter(FIRST, FRAME_REFILL, 2), FRAME_REFILL, SEEN_MAYBE | SEEN_FREELIST);
	frame_begin(enter(FIRST, FRAME_GROW, 1), FRAME_GROW, 0);
	frame_begin(enter(FIRST, FRAME_REFILL, 3), FRAME_REFILL, SEEN_MAYBE);
	assert_true(leave(FIRST, FRAME_GROW, 1));
	assert_int_equal(troubles.unpaired, 0);
	for (int i = 0; i < FRAMES; i++)
		enter(FIRST, FRAME_BYPASS, 1);
	assert_int_equal(troubles.unpaired, 1);
	while (leave(FIRST, FRAME_BYPASS, 1))
		;
}

/* A frame that an interrupt leaves during an exit goes with the frame of that exit. */
static void left_meanwhile(void **state)
{
	struct place at;

	(void)state;
	enter(FIRST, FRAME_REFILL, 1);
	assert_true(frame_find(FRAME_REFILL, &at));
	enter(FIRST, FRAME_REFILL, 2);
	frame_pop(&at);
	assert_false(leave(FIRST, FRAME_REFILL, 0));
}

static void same_place(void **state)
{
	uint64_t second = rival(FIRST), third = rival(second);

	(void)state;
	enter(FIRST, FRAME_REFILL, 1);
	enter(second, FRAME_REFILL, 2);
	enter(third, FRAME_REFILL, 3);
	enter(second, FRAME_GROW, 2);
	assert_true(leave(FIRST, FRAME_REFILL, 1));
	assert_true(leave(second, FRAME_GROW, 2));
	assert_true(leave(third, FRAME_REFILL, 3));
	assert_true(leave(second, FRAME_REFILL, 2));
}

/* Its own place becomes free and is taken, too: the newest frames are there. */
static void two_stacks(void **state)
{
	uint64_t second = rival(FIRST);

	(void)state;
	enter(FIRST, FRAME_REFILL, 1);
	enter(second, FRAME_REFILL, 2);
	assert_true(leave(FIRST, FRAME_REFILL, 1));
	enter(second, FRAME_REFILL, 3);
	enter(second, FRAME_REFILL, 4);
	for (uint64_t cache = 4; cache >= 2; cache--) {
		assert_int_equal(frame_around(0)->cache, cache);
		assert_true(leave(second, FRAME_REFILL, cache));
	}
}

/* No place is free: a long abandoned one is taken; otherwise there is no room. */
static void no_place(void **state)
{
	uint64_t task[STACK_PROBES + 1] = {FIRST};

	(void)state;
	enter(task[0], FRAME_REFILL, 1);
	for (int i = 1; i < STACK_PROBES; i++) {
		task[i] = rival(task[i - 1]);
		enter(task[i], FRAME_REFILL, 1 + i);
	}
	task[STACK_PROBES] = rival(task[STACK_PROBES - 1]);
	assert_null(enter(task[STACK_PROBES], FRAME_REFILL, 100));
	assert_int_equal(troubles.lost_pairs, 1);
	now += STACK_STALE / 2;
	for (int i = 0; i < STACK_PROBES; i++)
		if (i != 5) {
			assert_true(leave(task[i], FRAME_REFILL, 1 + i));
			enter(task[i], FRAME_REFILL, 1 + i);
		}
	now += STACK_STALE / 2;
	assert_non_null(enter(task[STACK_PROBES], FRAME_REFILL, 100));
	assert_int_equal(troubles.unpaired, 1);
	assert_false(leave(task[5], FRAME_REFILL, 0));
	assert_true(leave(task[STACK_PROBES], FRAME_REFILL, 100));
	for (int i = 0; i < STACK_PROBES; i++)
		assert_int_equal(leave(task[i], FRAME_REFILL, 1 + i), i != 5);
}

/* Abandoned below: dropped when no nesting is so deep, or when the task returns much later. */
static void left_below(void **state)
{
	(void)state;
	for (int i = 0; i < FRAMES; i++)
		enter(FIRST, i % 2 ? FRAME_REFILL : FRAME_BYPASS, 1);
	enter(FIRST, FRAME_REFILL, 2);
	assert_int_equal(troubles.unpaired, FRAMES / 2);
	assert_true(leave(FIRST, FRAME_REFILL, 2));
	enter(FIRST, FRAME_REFILL, 3);
	now += STACK_STALE;
	enter(FIRST, FRAME_REFILL, 4);
	assert_int_equal(troubles.unpaired, FRAMES / 2 + 1);
	assert_true(leave(FIRST, FRAME_REFILL, 4));
	assert_false(leave(FIRST, FRAME_REFILL, 3));
}

/* An interrupt arrives while a frame is pushed, and its task has long had another frame there. */
static void half_pushed(void **state)
{
	struct frame *f;

	(void)state;
	enter(FIRST, FRAME_REFILL, 1);
	assert_true(leave(FIRST, FRAME_REFILL, 1));
	now += 2 * STACK_STALE;
	running_task = FIRST;
	f = frame_push((void *)1);
	assert_false(leave(FIRST, FRAME_REFILL, 0));
	enter(FIRST, FRAME_REFILL, 2);
	assert_true(leave(FIRST, FRAME_REFILL, 2));
	frame_begin(f, FRAME_REFILL, 0);
	assert_true(leave(FIRST, FRAME_REFILL, 1));
	assert_int_equal(troubles.unpaired, 0);
}

/* PREEMPT_RT: a run that found objects in the CPU's slab is a hit, whatever others then do. */
static void hits_of_preempted_runs(void **state)
{
	static const struct {
		bool free, any;
		uint16_t seen;
		uint64_t now;
		bool explained, hit;
	} run[] = {
		{true, true, 0, 7, true, true},		     /* from the CPU's slab */
		{true, true, 0, 8, false, true},	     /* then another task refilled */
		{true, true, 0, 0, false, true},	     /* or is about to */
		{true, true, SEEN_GROWN, 8, false, false},   /* another task took all before */
		{true, true, SEEN_PARTIAL, 8, false, false}, /* the same */
		{true, false, 0, 7, true, true},	     /* the slab was of the node */
		{true, false, 0, 8, true, false},	     /* it was not */
		{false, true, 0, 7, true, false},	     /* other CPUs freed into it */
		{false, true, 0, 8, true, false},	     /* the slab behind it */
		{false, true, 0, 9, false, true},	     /* another task refilled before */
		{false, true, 0, 0, false, false},	     /* debugging: a bypass */
		{false, true, SEEN_REMOTE, 9, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(run) / sizeof(run[0]); i++) {
		struct frame f = {.slab = 7};

		f.seen = hit_seen(run[i].free, run[i].any) | run[i].seen;
		assert_true(f.seen & SEEN_MAYBE);
		if (hit_was(&f, run[i].now, run[i].explained) != run[i].hit)
			fail_msg("run %zu", i);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_task),
		TEST(nested),
		TEST(left_above),
		TEST(left_meanwhile),
		TEST(same_place),
		TEST(two_stacks),
		TEST(no_place),
		TEST(left_below),
		TEST(half_pushed),
		TEST(left_undecided),
		TEST(hits_of_preempted_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
