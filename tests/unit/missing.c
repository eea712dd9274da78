// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* What is missing: the table of reasons, and the quantities of a plan grouped by reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel/plan_missing.h"
#include "model/missing.h"

#include <cmocka.h>

static void texts_are_filled_in(void **state)
{
	struct snapshot s = {0};

	(void)state;
	for (int i = 0; i < MISSING_REASONS; i++) {
		assert_non_null(missing_rows[i].what);
		assert_non_null(missing_rows[i].why);
		assert_non_null(missing_rows[i].remedy);
	}
	assert_int_equal(missing_add(&s, MISSING_INFERRED, "2 caches", "filp, dentry"), 0);
	assert_int_equal(missing_add(&s, MISSING_STACKS, NULL, NULL), 0);
	assert_int_equal(missing_add(&s, MISSING_STACKS, NULL, NULL), 0);
	assert_int_equal(s.nr_missing, 2);
	assert_string_equal(s.missing[0].what, "inferred counts of 2 caches");
	assert_non_null(strstr(s.missing[0].why, "no tracepoint showed: filp, dentry"));
	assert_string_equal(s.missing[1].why, "a recording has no stacks");
	snapshot_free(&s);
}

static void one_entry_a_reason(void **state)
{
	struct plan plan = {0};
	uint32_t left = PLAN_MISSING_ALL;
	char text[512], cut[32];

	(void)state;
	for (int q = 0; q < QUANTITIES; q++)
		plan.quantity[q].known = q >= QUANTITY_FAILED;
	strcpy(plan.quantity[QUANTITY_FREES].why, "no cache");
	assert_int_equal(plan_missing_next(&plan, &left, text, sizeof(text)), QUANTITY_SIZES);
	assert_string_equal(
		text, "objects and sizes, allocs, kmalloc caches, large kmallocs, bulk calls");
	assert_int_equal(plan_missing_next(&plan, &left, text, sizeof(text)), QUANTITY_FREES);
	assert_string_equal(text, "frees");
	assert_int_equal(plan_missing_next(&plan, &left, text, sizeof(text)), QUANTITIES);
	left = 1u << QUANTITY_ALLOCS | 1u << QUANTITY_BULK;
	plan_missing_next(&plan, &left, text, sizeof(text));
	assert_string_equal(text, "allocs, bulk calls");
	left = PLAN_MISSING_ALL;
	plan_missing_next(&plan, &left, cut, sizeof(cut));
	assert_string_equal(cut, "objects and sizes, allocs, ...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_filled_in),
		cmocka_unit_test(one_entry_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
