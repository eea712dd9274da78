// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* kernel_unseen.c: a cache that gets objects is used, whatever the programs see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel_unseen.h"

#include <cmocka.h> /* last: it has a macro fail() */

static bool note(struct kernel_unseen *u, uint64_t id, uint64_t active, uint64_t objects)
{
	struct slabinfo_row row = {.active_objects = active, .objects = objects};
	bool used;

	assert_int_equal(kernel_unseen_note(u, id, &row, &used), 0);
	return used;
}

static void more_objects_are_a_use(void **state)
{
	struct kernel_unseen u = {0};

	(void)state;
	assert_false(note(&u, 7, 16, 16)); /* the first reading tells nothing */
	assert_false(note(&u, 3, 0, 0));
	assert_false(note(&u, 7, 16, 16));
	assert_false(note(&u, 7, 8, 16)); /* objects may go without an allocation */
	assert_false(note(&u, 7, 0, 0));
	assert_true(note(&u, 7, 0, 16));
	assert_true(note(&u, 7, 0, 0)); /* once used, its counts have a gap */
	assert_false(note(&u, 3, 0, 0));
	assert_false(note(&u, 5, 2, 32));
	assert_true(note(&u, 5, 3, 32));
	kernel_unseen_free(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_objects_are_a_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
