// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Arrays: they grow, take elements in and out at any place, and are searched. */
#include "base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static int comes_before(const void *element, const void *key)
{
	return *(const int *)element < *(const int *)key;
}

static void elements_stay_in_order(void **state)
{
	int *array = NULL, *slot;
	size_t nr = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		slot = array_append(&array, &nr, sizeof(*array));
		assert_non_null(slot);
		assert_int_equal(*slot, 0);
		*slot = 2 * i;
	}
	slot = array_insert(&array, &nr, 500, sizeof(*array));
	*slot = 999;
	assert_int_equal(nr, 1001);
	assert_int_equal(array[499], 998);
	assert_int_equal(array[500], 999);
	assert_int_equal(array[501], 1000);
	assert_int_equal(array[1000], 1998);
	array_remove(&array, &nr, 0, sizeof(*array));
	array_remove(&array, &nr, 999, sizeof(*array));
	assert_int_equal(nr, 999);
	assert_int_equal(array[0], 2);
	assert_int_equal(array[998], 1996);
	free(array);
}

static void room_for_many(void **state)
{
	char *array = NULL;
	size_t room = 0;

	(void)state;
	assert_int_equal(array_reserve(&array, 5, &room, 1), 0);
	assert_int_equal(room, 8);
	array[7] = 'x';
	assert_int_equal(array_reserve(&array, 8, &room, 1), 0);
	assert_int_equal(room, 8);
	assert_int_equal(array_reserve(&array, 1000, &room, 1), 0);
	assert_int_equal(room, 1024);
	assert_int_equal(array[7], 'x');
	free(array);
}

static void the_first_that_is_not_before(void **state)
{
	static const int array[] = {1, 3, 3, 3, 7};

	(void)state;
	for (int key = 0, at; key < 10; key++) {
		for (at = 0; at < 5 && array[at] < key; at++)
			;
		assert_int_equal(array_lower_bound(array, 5, sizeof(*array), &key, comes_before),
				 at);
	}
	assert_int_equal(array_lower_bound(NULL, 0, sizeof(int), array, comes_before), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_stay_in_order),
		cmocka_unit_test(room_for_many),
		cmocka_unit_test(the_first_that_is_not_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
