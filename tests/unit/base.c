// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Small helpers of base/ and system/: clocks, globs, numbers in JSON, lists of CPUs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/glob.h"
#include "base/json_number.h"
#include "base/text.h"
#include "system/cpu_list.h"

#include <cmocka.h>

static void clocks_go_forward(void **state)
{
	uint64_t before = clock_monotonic_ns();
	struct timespec later = clock_after(1500);
	uint64_t after = clock_monotonic_ns(), ns = later.tv_sec * 1000000000ull + later.tv_nsec;
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t condition;

	(void)state;
	assert_true(later.tv_nsec >= 0 && later.tv_nsec < 1000000000);
	assert_in_range(ns, before + 1500000000, after + 1500000000);
	assert_true(clock_boot_ns() >= before);
	assert_true(fabs(clock_monotonic() - (double)clock_monotonic_ns() / 1e9) < 10);
	assert_true(fabs(clock_wall() - (double)time(NULL)) < 10);
	assert_true(clock_wall_ns() / 1000000000 >= (uint64_t)time(NULL) - 10);

	clock_condition(&condition);
	later = clock_after(20);
	pthread_mutex_lock(&lock);
	while (!pthread_cond_timedwait(&condition, &lock, &later))
		;
	pthread_mutex_unlock(&lock);
	pthread_cond_destroy(&condition);
	assert_true(clock_monotonic_ns() >= after + 20000000);
}

static void globs_choose(void **state)
{
	static const char *const none[] = {NULL}, *const two[] = {"kmalloc-*", "filp", NULL};

	(void)state;
	assert_true(glob_chooses(NULL, "dentry"));
	assert_true(glob_chooses(none, "dentry"));
	assert_true(glob_chooses(two, "kmalloc-64"));
	assert_true(glob_chooses(two, "filp"));
	assert_false(glob_chooses(two, "filp2"));
	assert_false(glob_chooses(two, ""));
}

static void assert_line(const char *text, int columns, const char *line, const char *rest)
{
	const char *next;
	int length = text_line(text, columns, &next);

	assert_int_equal(length, strlen(line));
	assert_memory_equal(text, line, (size_t)length);
	assert_string_equal(next, rest);
}

static void lines_break_at_blanks(void **state)
{
	(void)state;
	assert_line("", 5, "", "");
	assert_line("12345", 5, "12345", "");
	assert_line("12345 7", 5, "12345", "7");
	assert_line("1234 67", 6, "1234", "67");
	assert_line("1 3  67", 5, "1 3", "67");
	assert_line("1234567", 5, "12345", "67");
	assert_line("µµµµ µµ", 4, "µµµµ", "µµ"); /* columns, not bytes */
	assert_line("12 ", 5, "12 ", "");
}

static void assert_json(json_t *value, const char *text)
{
	char *dumped = json_dumps(value, JSON_ENCODE_ANY);

	assert_string_equal(dumped, text);
	free(dumped);
	json_decref(value);
}

static void numbers_in_json(void **state)
{
	(void)state;
	assert_json(json_number(0.5), "0.5");
	assert_json(json_number(NAN), "null");
	assert_json(json_number(-INFINITY), "null");
	assert_json(json_number_rounded(2.0 / 3, 8), "0.625");
	assert_json(json_number_rounded(NAN, 1000), "null");
	assert_json(json_number_count(7, true), "7");
	assert_json(json_number_count(7, false), "null");
	assert_json(json_number_count(UINT64_MAX, true), "9223372036854775807");
}

static void lists_of_cpus(void **state)
{
	const char *text = "0-3,8,10-11\n";
	struct cpu_range r;

	(void)state;
	assert_true(cpu_list_next(&text, &r) && r.first == 0 && r.last == 3);
	assert_true(cpu_list_next(&text, &r) && r.first == 8 && r.last == 8);
	assert_true(cpu_list_next(&text, &r) && r.first == 10 && r.last == 11);
	assert_false(cpu_list_next(&text, &r));
	assert_int_equal(cpu_list_size("0-3,8\n"), 9);
	assert_int_equal(cpu_list_size("8,0-3"), 9);
	assert_int_equal(cpu_list_size("0-65535"), 65536);
	assert_int_equal(cpu_list_size("0-65536"), 0);
	assert_int_equal(cpu_list_size("5-3"), 0);
	assert_int_equal(cpu_list_size("99999999999999999999"), 0);
	assert_int_equal(cpu_list_size("-1"), 0);
	assert_int_equal(cpu_list_size("\n"), 0);
	assert_int_equal(cpu_list_size(""), 0);
}

static void clean(const char *text, const char *wanted)
{
	char copy[64];

	strcpy(copy, text);
	text_clean(copy);
	assert_string_equal(copy, wanted);
}

static void names_keep_what_can_be_shown(void **state)
{
	(void)state;
	clean("http request", "http request");
	clean("ünïcödé, 日本 🐧", "ünïcödé, 日本 🐧");
	clean("a\x1b[2J\n\x7f", "a?[2J??");
	clean("\xc2\x9b"
	      "2J",
	      "??2J"); /* the C1 form of the same sequence */
	clean("cut \xc3", "cut ?");
	clean("\xff\xc0\x80\xed\xa0\x80", "??????");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_go_forward),
		cmocka_unit_test(globs_choose),
		cmocka_unit_test(lines_break_at_blanks),
		cmocka_unit_test(numbers_in_json),
		cmocka_unit_test(lists_of_cpus),
		cmocka_unit_test(names_keep_what_can_be_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
