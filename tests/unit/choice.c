// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* choice.c: choosing caches and processes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model/choice.h" /* before cmocka, which has a macro fail() */

#include <cmocka.h>

static void names_match_globs(void **state)
{
	struct failure f = {""};
	struct choice c;

	(void)state;
	choice_init(&c);
	assert_true(choice_has_cache(&c, "anything"));
	assert_int_equal(choice_add_globs(&c, "filp,kmalloc-*", &f), 0);
	assert_int_equal(choice_add_globs(&c, "size-[0-9]?", &f), 0);
	assert_int_equal(choice_add_globs(&c, "http request,one\\,two,ünïcödé", &f), 0);
	assert_true(choice_has_cache(&c, "http request"));
	assert_true(choice_has_cache(&c, "one,two"));
	assert_true(choice_has_cache(&c, "ünïcödé"));
	assert_false(choice_has_cache(&c, "two"));
	assert_true(choice_has_cache(&c, "filp"));
	assert_true(choice_has_cache(&c, "kmalloc-"));
	assert_true(choice_has_cache(&c, "kmalloc-cg-64"));
	assert_true(choice_has_cache(&c, "size-64"));
	assert_false(choice_has_cache(&c, "size-x4"));
	assert_false(choice_has_cache(&c, "filp2"));
	assert_false(choice_has_cache(&c, "dma-kmalloc-64"));
	assert_false(choice_has_cache(&c, ""));
	choice_free(&c);
	assert_true(choice_has_cache(&c, "anything"));
}

static void an_empty_name_is_refused(void **state)
{
	static const char *const lists[] = {"", ",", "a,,b", "a,", ",a"};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct failure f = {""};
		struct choice c;

		choice_init(&c);
		assert_int_equal(choice_add_globs(&c, lists[i], &f), -EINVAL);
		assert_non_null(strstr(f.text, "is empty"));
		choice_free(&c);
	}
}

static void paths_are_below_whole_names(void **state)
{
	(void)state;
	assert_true(choice_path_below("/a/b", "/a"));
	assert_true(choice_path_below("/a", "/a"));
	assert_true(choice_path_below("/a", "/a/"));
	assert_true(choice_path_below("/anything", "/"));
	assert_true(choice_path_below("/", "/"));
	assert_false(choice_path_below("/ab", "/a"));
	assert_false(choice_path_below("/a", "/a/b"));
	assert_false(choice_path_below("/", "/a"));
}

static void what_is_no_cgroup_is_refused(void **state)
{
	static const char *const paths[] = {"/tmp", "/proc/nonexistent", "/proc/self/status"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct failure f = {""};
		struct choice c;

		choice_init(&c);
		assert_true(choice_set_cgroup(&c, paths[i], &f) < 0);
		assert_non_null(strstr(f.text, paths[i]));
		assert_int_equal(c.cgroup, -1);
		assert_true(choice_has_process(&c, getpid()));
		choice_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_match_globs),
		cmocka_unit_test(an_empty_name_is_refused),
		cmocka_unit_test(paths_are_below_whole_names),
		cmocka_unit_test(what_is_no_cgroup_is_refused),
	};

	return cmocka_run_group_tests_name("choice", tests, NULL, NULL);
}
