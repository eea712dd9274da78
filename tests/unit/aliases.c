// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* aliases.c: names of merged caches, from a made-up /sys/kernel/slab. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/aliases.h"
#include "model/choice.h" /* before cmocka, which has a macro fail() */

#include <cmocka.h>

static char directory[64];

static void make_link(const char *to, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_int_equal(symlink(to, path), 0);
}

static int make_names(void **state)
{
	char path[128];

	(void)state;
	strcpy(directory, "/tmp/slabscope-aliases-XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/:a-0000256", directory);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/dentry", directory);
	assert_int_equal(mkdir(path, 0755), 0);
	make_link(":a-0000256", "UNIX");
	make_link(":a-0000256", "filp");
	make_link(":a-0000256", "a name");
	make_link(":0000064", "alone");
	return 0;
}

static int remove_names(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static void assert_aliases(const struct aliases *a, const char *name, const char *wanted)
{
	char *found = aliases_of(a, name);

	assert_non_null(found);
	assert_string_equal(found, wanted);
	free(found);
}

static void a_cache_has_all_its_names(void **state)
{
	struct aliases a;

	(void)state;
	assert_int_equal(aliases_read(&a, directory), 0);
	assert_true(a.known);
	assert_aliases(&a, "filp", "UNIX\na name");
	assert_aliases(&a, "UNIX", "a name\nfilp");
	assert_aliases(&a, "alone", "");
	assert_aliases(&a, "dentry", ""); /* a directory of its own */
	assert_aliases(&a, "nothing", "");
	aliases_free(&a);
}

static void where_there_are_none_nothing_is_known(void **state)
{
	struct aliases a;

	(void)state;
	assert_int_equal(aliases_read(&a, "/proc/nonexistent"), 0);
	assert_false(a.known);
	assert_aliases(&a, "filp", "");
	aliases_free(&a);
}

static void aliases_are_chosen_by(void **state)
{
	struct failure f = {""};
	struct choice c;

	(void)state;
	choice_init(&c);
	assert_int_equal(choice_add_globs(&c, "UN?X", &f), 0);
	assert_true(choice_has_alias(&c, "a name\nUNIX"));
	assert_true(choice_has_alias(&c, "UNIX\na name"));
	assert_false(choice_has_alias(&c, "UNIX2\na name"));
	assert_false(choice_has_alias(&c, ""));
	assert_false(choice_has_alias(&c, NULL));
	choice_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cache_has_all_its_names),
		cmocka_unit_test(where_there_are_none_nothing_is_known),
		cmocka_unit_test(aliases_are_chosen_by),
	};

	return cmocka_run_group_tests_name("aliases", tests, make_names, remove_names);
}
