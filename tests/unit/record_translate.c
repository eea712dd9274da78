// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The events of the programs as a recording has them: what is unknown stays unknown, and counts
 * that were read one after the other give no negative number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record_translate.h"

#include <cmocka.h> /* its fail() is a macro */

static struct trace_event translated;

#define TRANSLATE(kind_, ...)                                                                  \
	record_translate(&(struct record_event){.ns = 7, .kind = kind_, .arg = {__VA_ARGS__}}, \
			 &translated)

static void allocations(void **state)
{
	static const uint8_t id[] = {TRACE_ALLOC_HIT,	 TRACE_ALLOC_REFILL, TRACE_ALLOC_BYPASS,
				     TRACE_ALLOC_FAILED, TRACE_ALLOC,	     TRACE_ALLOC};

	(void)state;
	for (unsigned how = 0; how < sizeof(id); how++) {
		assert_true(TRANSLATE(RECORD_ALLOC, 3, 1, 0x1000, 0xcc0, how));
		assert_int_equal(translated.id, id[how]);
		assert_int_equal(translated.cpu, 3);
		/* The node of a bypass is the requested one, not always that of the CPU. */
		assert_int_equal(translated.node, how == RECORD_BYPASSED ? TRACE_NO_NODE : 1);
		assert_int_equal(translated.value[ALLOC_OBJECT], 0x1000);
		assert_int_equal(translated.value[ALLOC_FLAGS], 0xcc0);
		assert_int_equal(translated.ns, 7);
	}
	assert_false(TRANSLATE(RECORD_ALLOC, TRACE_CPUS, 1, 0x1000, 0, 0));
	assert_false(TRANSLATE(RECORD_KINDS, 0));
}

static void unknown(void **state)
{
	(void)state;
	assert_true(TRANSLATE(RECORD_FLUSH, 0, 0, RECORD_UNKNOWN, RECORD_UNKNOWN));
	assert_int_equal((uint16_t)translated.value[FLUSH_COUNT], TRACE_NR_UNKNOWN);
	assert_int_equal(translated.value[FLUSH_NS], TRACE_NS_UNKNOWN);
	assert_true(TRANSLATE(RECORD_REFILL, 5, RECORD_UNKNOWN, 60, 0xffff, 8, 250));
	assert_int_equal(translated.cpu, 5);
	assert_int_equal(translated.node, TRACE_NO_NODE);
	assert_int_equal(translated.value[REFILL_GOT], TRACE_NR_UNKNOWN);
	assert_int_equal(translated.value[REFILL_NS], 250);
}

static void nodes(void **state)
{
	(void)state;
	assert_true(TRANSLATE(RECORD_NODE, 1, 100, 30, 20, 77, 5));
	assert_int_equal(translated.id, TRACE_NODE_STATE);
	assert_int_equal(translated.cpu, TRACE_NO_CPU);
	assert_int_equal(translated.value[NODE_NODE], 1);
	assert_int_equal(translated.value[NODE_FULL], 50);
	assert_int_equal(translated.value[NODE_PARTIAL], 30);
	assert_int_equal(translated.value[NODE_FREE], 20);
	assert_int_equal(translated.value[NODE_FREE_OBJECTS], 77);
	assert_int_equal(translated.value[NODE_SHARED], 5);
	/* More slabs on the lists than at the time of the whole count. */
	assert_true(TRANSLATE(RECORD_NODE, 0, 10, 9, 3, 7, 0));
	assert_int_equal(translated.value[NODE_FULL], 0);
	/* SLUB: the number of partial slabs is unknown. */
	assert_true(
		TRANSLATE(RECORD_NODE, 0, 10, RECORD_UNKNOWN, RECORD_UNKNOWN, 7, RECORD_UNKNOWN));
	assert_int_equal(translated.value[NODE_FULL], 10);
	assert_int_equal(translated.value[NODE_PARTIAL], 0);
	assert_int_equal(translated.value[NODE_SHARED], 0);
	assert_false(TRANSLATE(RECORD_NODE, 0, RECORD_UNKNOWN, 0, 0, 0, 0));
}

static void doubts(void **state)
{
	(void)state;
	assert_true(TRANSLATE(RECORD_INFERRED, 12));
	assert_int_equal(translated.id, TRACE_INFERRED);
	assert_int_equal(translated.cpu, TRACE_NO_CPU);
	assert_int_equal(translated.value[INFERRED_DOUBTFUL], 12);
	assert_true(TRANSLATE(RECORD_INFERRED, 1ull << 40));
	assert_int_equal(translated.value[INFERRED_DOUBTFUL], UINT32_MAX);
}

static void ageing(void **state)
{
	(void)state;
	assert_true(TRANSLATE(RECORD_AGEING, 1, 66, 0, 1));
	assert_int_equal(translated.id, TRACE_NODE_AGEING);
	assert_int_equal(translated.cpu, TRACE_NO_CPU);
	assert_int_equal(translated.value[AGEING_NODE], 1);
	assert_int_equal(translated.value[AGEING_FREE_LIMIT], 66);
	assert_int_equal(translated.value[AGEING_SHARED], 0);
	assert_int_equal(translated.value[AGEING_FREE], 1);
}

static void objects(void **state)
{
	(void)state;
	assert_true(TRANSLATE(RECORD_OBJECTS, 3, 0, 0x1000, 0x2000, 0x3000, 0x4000, 0x5000, 0x6000,
			      0x7000, 0x8000));
	assert_int_equal(translated.id, TRACE_ARRAY_OBJECTS);
	assert_int_equal(translated.cpu, 3);
	assert_int_equal(translated.value[OBJECTS_FIRST], 0x1000);
	assert_int_equal(translated.value[OBJECTS_FIRST + TRACE_OBJECTS - 1], 0x8000);
	assert_true(TRANSLATE(RECORD_OBJECTS, RECORD_UNKNOWN, 1, 0x1000, 0, 0, 0, 0, 0, 0, 0));
	assert_int_equal(translated.cpu, TRACE_NO_CPU);
	assert_int_equal(translated.value[OBJECTS_NODE], 1);
}

static void partial_slabs(void **state)
{
	(void)state;
	assert_true(TRANSLATE(RECORD_PARTIAL, 1, 0xffff888000001040, 7));
	assert_int_equal(translated.id, TRACE_PARTIAL_SLAB);
	assert_int_equal(translated.cpu, TRACE_NO_CPU);
	assert_int_equal(translated.value[PARTIAL_NODE], 1);
	assert_int_equal(translated.value[PARTIAL_OBJECT], 0xffff888000001040);
	assert_int_equal(translated.value[PARTIAL_INUSE], 7);
}

static void drains(void **state)
{
	(void)state;
	assert_true(TRANSLATE(RECORD_DRAIN, 2, 1, 24, 0));
	assert_int_equal(translated.id, TRACE_REAP);
	assert_int_equal(translated.cpu, 2);
	assert_int_equal(translated.value[REAP_NODE], 1);
	assert_int_equal(translated.value[REAP_COUNT], 24);
	assert_true(TRANSLATE(RECORD_DRAIN, 2, 1, 24, 1)); /* the shared array: no CPU */
	assert_int_equal(translated.cpu, TRACE_NO_CPU);
	assert_int_equal(translated.value[REAP_NODE], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations),	 cmocka_unit_test(unknown),
		cmocka_unit_test(nodes),	 cmocka_unit_test(doubts),
		cmocka_unit_test(ageing),	 cmocka_unit_test(objects),
		cmocka_unit_test(partial_slabs), cmocka_unit_test(drains),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
