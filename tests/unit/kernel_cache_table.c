// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* kernel_cache_table.c: finds rows of the programs by the names in slabinfo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel_cache_table.h"

#include <cmocka.h> /* last: it has a macro fail() */

static struct kernel_cache_row rows[] = {
	{.slot = 4, .object_size = 60, .name = "anon"},
	{.slot = 9, .address = 1, .object_size = 100, .name = "twin"},
	{.slot = 2, .address = 2, .object_size = 30, .name = "twin"},
	{.slot = 7, .address = 3, .object_size = 30, .name = "twin"},
	{.slot = 1, .object_size = 8, .name = "a-name-of-forty-seven-bytes-and-not-one-byte-mo"},
};

static struct kernel_cache_table fresh(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		rows[i].taken = false;
	/* Ascending, as kernel_cache_table_read() leaves them. */
	return (struct kernel_cache_table){.row = rows, .nr_rows = 4};
}

static void found_once(void **state)
{
	struct kernel_cache_table t = fresh();

	(void)state;
	assert_ptr_equal(kernel_cache_table_find(&t, "anon", 64), &rows[0]);
	assert_null(kernel_cache_table_find(&t, "anon", 64));
	assert_null(kernel_cache_table_find(&t, "anom", 64));
	assert_null(kernel_cache_table_find(&t, "ano", 64));
	assert_null(kernel_cache_table_find(&t, "", 64));
	assert_null(kernel_cache_table_find(&t, "zzz", 64));
}

/* For one name, each row of slabinfo gets another cache whose objects fit. */
static void twins(void **state)
{
	struct kernel_cache_table t = fresh();

	(void)state;
	assert_ptr_equal(kernel_cache_table_find(&t, "twin", 32), &rows[2]);
	assert_ptr_equal(kernel_cache_table_find(&t, "twin", 32), &rows[3]);
	assert_null(kernel_cache_table_find(&t, "twin", 32));
	assert_ptr_equal(kernel_cache_table_find(&t, "twin", 128), &rows[1]);
	assert_null(kernel_cache_table_find(&t, "twin", 128));
}

/* The programs keep less of a name than slabinfo. */
static void long_name(void **state)
{
	struct kernel_cache_table t = {.row = &rows[4], .nr_rows = 1};

	(void)state;
	rows[4].taken = false;
	assert_int_equal(strlen(rows[4].name), KERNEL_NAME_MAX - 1);
	assert_ptr_equal(
		kernel_cache_table_find(&t, "a-name-of-forty-seven-bytes-and-not-one-byte-more", 8),
		&rows[4]);
}

static void no_programs(void **state)
{
	struct kernel_cache_table t;

	(void)state;
	assert_int_equal(kernel_cache_table_read(NULL, &t), 0);
	assert_int_equal(t.nr_rows, 0);
	assert_null(kernel_cache_table_find(&t, "anon", 64));
	kernel_cache_table_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_once),
		cmocka_unit_test(twins),
		cmocka_unit_test(long_name),
		cmocka_unit_test(no_programs),
	};

	return cmocka_run_group_tests_name("kernel_table", tests, NULL, NULL);
}
