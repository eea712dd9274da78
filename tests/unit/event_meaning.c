// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The meaning of each event of a recording: its counts, what it proves, and its properties. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "trace/event_meaning.h"

static uint64_t sum(const uint64_t count[COUNTS])
{
	uint64_t all = 0;

	for (int i = 0; i < COUNTS; i++)
		all += count[i];
	return all;
}

static void refills(void **state)
{
	struct trace_event e = {.id = TRACE_REFILL};
	uint64_t count[COUNTS] = {0};

	(void)state;
	e.value[REFILL_ORIGIN] = ORIGIN_GROWN;
	e.value[REFILL_NS] = 100;
	event_meaning_count(&e, count);
	assert_true(event_meaning_timed(&e));
	assert_int_equal(count[COUNT_REFILLS], 1);
	assert_int_equal(count[COUNT_ORIGIN + ORIGIN_GROWN], 1);
	e.value[REFILL_NS] = TRACE_NS_UNKNOWN;
	assert_false(event_meaning_timed(&e));

	/* A failed refill has an origin, but is no refill, and its duration does not count. */
	e.value[REFILL_ORIGIN] = ORIGIN_FAILED;
	e.value[REFILL_NS] = 100;
	event_meaning_count(&e, count);
	assert_false(event_meaning_timed(&e));
	assert_int_equal(count[COUNT_REFILLS], 1);
	assert_int_equal(count[COUNT_ORIGIN + ORIGIN_FAILED], 1);

	/* An origin that this version does not know. */
	e.value[REFILL_ORIGIN] = 255;
	event_meaning_count(&e, count);
	assert_int_equal(count[COUNT_REFILLS], 2);
	assert_int_equal(sum(count), 4);
}

/* An allocation is counted as such, and its kind at most once more; a state is not counted. */
static void all_others(void **state)
{
	(void)state;
	for (unsigned id = 0; id < TRACE_IDS; id++) {
		const struct trace_event e = {.id = (uint8_t)id};
		uint64_t count[COUNTS] = {0};

		if (id == TRACE_REFILL)
			continue;
		event_meaning_count(&e, count);
		assert_int_equal(count[COUNT_ALLOCS], event_meaning_has(id, EVENT_ALLOCATES));
		assert_true(sum(count) <= 1 + count[COUNT_ALLOCS]);
		if (event_meaning_has(id, EVENT_STATE))
			assert_int_equal(sum(count), 0);
		if (event_meaning_has(id, EVENT_ALLOCATES))
			assert_true(event_meaning_has(id, EVENT_HAS_FLAGS) &&
				    event_meaning_has(id, EVENT_NEEDS_CPU));
	}
}

/* Fields that a property promises are in the table of fields. */
static void fields(void **state)
{
	(void)state;
	for (unsigned id = 0; id < TRACE_IDS; id++) {
		const struct trace_field *field = trace_definition[id].field;

		if (event_meaning_has(id, EVENT_HAS_FLAGS))
			assert_string_equal(field[ALLOC_FLAGS].name, "flags");
		if (event_meaning_has(id, EVENT_ALLOCATES))
			assert_string_equal(field[ALLOC_OBJECT].name, "object");
	}
}

static void slabs(void **state)
{
	struct trace_event e = {.id = TRACE_NODE_STATE};

	(void)state;
	e.value[NODE_FULL] = 3;
	e.value[NODE_PARTIAL] = 2;
	e.value[NODE_FREE] = 1;
	assert_int_equal(event_meaning_slabs(&e), 6);
	e.id = TRACE_GROW;
	assert_int_equal(event_meaning_slabs(&e), 1);
	e.id = TRACE_SLAB_DESTROY;
	assert_int_equal(event_meaning_slabs(&e), -1);
	e.id = TRACE_FREE;
	assert_int_equal(event_meaning_slabs(&e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refills),
		cmocka_unit_test(all_others),
		cmocka_unit_test(fields),
		cmocka_unit_test(slabs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
