// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * slabinfo.c: the parser of /proc/slabinfo, on rows of several kernels and on texts that no kernel
 * writes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "system/slabinfo.h"

#include <cmocka.h> /* last: it has a macro fail() */

#define HEAD                                                                                  \
	"slabinfo - version: 2.1\n"                                                           \
	"# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : " \
	"tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> " \
	"<sharedavail>\n"

static const char slab[] =
	HEAD "filp                1024   1056    256   16    1 : tunables  120   60    8 : "
	     "slabdata     66     67     60\n"
	     "dentry              8805   8925    192   21    1 : tunables  120   60    8 : "
	     "slabdata    425    425      0\n";
static const char slub[] =
	HEAD "filp                 840    840    192   21    1 : tunables    0    0    0 : "
	     "slabdata     40     40      0\n";
static const char debug[] = HEAD
	"filp                1024   1056    256   16    1 : tunables   32   16    8 : "
	"slabdata     66     67     60 : globalstat    5072   1056    67    0   0   0   0   0  : "
	"cpustat   4000    300    3900    210\n";

static int parse(const char *text, size_t length, struct slabinfo *to, struct failure *f)
{
	/* Parses a copy of exact size, so that ASan sees a read beyond it. */
	char *copy = malloc(length ? length : 1);
	int err;

	memcpy(copy, text, length);
	f->text[0] = '\0';
	err = slabinfo_parse(copy, length, to, f);
	free(copy);
	return err;
}

static void parse_good(const char *text, struct slabinfo *to)
{
	struct failure f;

	if (parse(text, strlen(text), to, &f))
		fail_msg("%s", f.text);
}

static void rows_of_slab(void **state)
{
	struct slabinfo s;

	(void)state;
	parse_good(slab, &s);
	assert_int_equal(s.nr_rows, 2);
	assert_string_equal(s.row[0].name, "filp");
	assert_int_equal(s.row[0].active_objects, 1024);
	assert_int_equal(s.row[0].objects, 1056);
	assert_int_equal(s.row[0].object_size, 256);
	assert_int_equal(s.row[0].slab_objects, 16);
	assert_int_equal(s.row[0].slab_pages, 1);
	assert_int_equal(s.row[0].limit, 120);
	assert_int_equal(s.row[0].batchcount, 60);
	assert_int_equal(s.row[0].shared_factor, 8);
	assert_int_equal(s.row[0].active_slabs, 66);
	assert_int_equal(s.row[0].slabs, 67);
	assert_int_equal(s.row[0].shared_avail, 60);
	assert_string_equal(s.row[1].name, "dentry");
	slabinfo_free(&s);
	assert_null(s.row);
}

static void rows_of_slub(void **state)
{
	struct slabinfo s;

	(void)state;
	parse_good(slub, &s);
	assert_int_equal(s.nr_rows, 1);
	assert_int_equal(s.row[0].limit, 0);
	assert_int_equal(s.row[0].slabs, 40);
	slabinfo_free(&s);
}

static void statistics_of_debug_slab(void **state)
{
	struct slabinfo s;

	(void)state;
	parse_good(debug, &s);
	assert_int_equal(s.row[0].batchcount, 16);
	assert_int_equal(s.row[0].shared_avail, 60);
	slabinfo_free(&s);
}

static void odd_names(void **state)
{
	static const char text[] = HEAD
		"two words 7         1      2      3    4    5 : tunables 6 7 8 : slabdata 9 10 "
		"11\n"
		"a:b                 1      2      3    4    5 : tunables 6 7 8 : slabdata 9 10 "
		"11\n"
		"a-name-that-is-longer-than-what-is-kept-of-it-is-cut-at-sixty-three-bytes 1 2 "
		"3 4 5 : tunables 6 7 8 : slabdata 9 10 11";
	struct slabinfo s;

	(void)state;
	parse_good(text, &s);
	assert_int_equal(s.nr_rows, 3);
	assert_string_equal(s.row[0].name, "two words 7");
	assert_int_equal(s.row[0].active_objects, 1);
	assert_string_equal(s.row[1].name, "a:b");
	assert_int_equal(strlen(s.row[2].name), sizeof(s.row[2].name) - 1);
	assert_int_equal(s.row[2].slabs, 10);
	slabinfo_free(&s);
}

static void only_a_head(void **state)
{
	struct slabinfo s;

	(void)state;
	parse_good(HEAD, &s);
	assert_int_equal(s.nr_rows, 0);
	slabinfo_free(&s);
}

static void bad_texts(void **state)
{
	static const char *const bad[] = {
		"",
		"slabinfo - version: 1.1\n",
		"hello\n",
		HEAD "filp 1 2 3 4 : tunables 6 7 8 : slabdata 9 10 11\n",
		HEAD "1 2 3 4 5 : tunables 6 7 8 : slabdata 9 10 11\n",
		HEAD "filp 1 2 3 4 5 : tunables 6 7 8\n",
		HEAD "filp 1 2 3 4 5 : tunables 6 7 : slabdata 9 10 11\n",
		HEAD "filp 1 2 3 4 5 : tunables 6 7 8 9 : slabdata 9 10 11\n",
		HEAD "filp 1 2 3 4 -5 : tunables 6 7 8 : slabdata 9 10 11\n",
		HEAD "filp 1 2 3 4 0x5 : tunables 6 7 8 : slabdata 9 10 11\n",
		HEAD "filp 1 2 3 4 18446744073709551616 : tunables 6 7 8 : slabdata 9 10 11\n",
		HEAD " : slabdata 9 10 11 : tunables \n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct slabinfo s;
		struct failure f;

		if (parse(bad[i], strlen(bad[i]), &s, &f) != -EPROTO)
			fail_msg("text %zu was taken", i);
		assert_non_null(strstr(f.text, i < 3 ? "first line" : "line 3"));
		assert_int_equal(s.nr_rows, 0);
		slabinfo_free(&s);
	}
}

/* Rows before a bad one would look like the whole table. */
static void nothing_is_left_of_a_bad_text(void **state)
{
	static const char text[] = HEAD "filp 1 2 3 4 5 : tunables 6 7 8 : slabdata 9 10 11\nbad\n";
	struct slabinfo s;
	struct failure f;

	(void)state;
	assert_int_equal(parse(text, strlen(text), &s, &f), -EPROTO);
	assert_non_null(strstr(f.text, "line 4"));
	assert_int_equal(s.nr_rows, 0);
	assert_null(s.row);
}

/* Cut, changed, with zeros: a result, and no read outside the text. */
static void damaged_texts(void **state)
{
	unsigned long long seed = 42;
	char text[sizeof(debug)];
	int taken = 0, refused = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct slabinfo s;
		struct failure f;
		size_t length;

		memcpy(text, debug, sizeof(debug));
		for (int change = 0; change < 3; change++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			text[(seed >> 33) % sizeof(text)] = " :0\n\0a9-"[seed >> 20 & 7];
		}
		length = (seed >> 40) % sizeof(text);
		if (parse(text, length, &s, &f))
			refused++;
		else
			taken++;
		for (size_t row = 0; row < s.nr_rows; row++)
			assert_true(s.row[row].name[0] && strlen(s.row[row].name) < 64);
		slabinfo_free(&s);
	}
	assert_true(taken > 0);
	assert_true(refused > 0);
}

static void missing_file(void **state)
{
	struct slabinfo s;
	struct failure f = {""};

	(void)state;
	assert_int_equal(slabinfo_read("/proc/nonexistent/slabinfo", &s, &f), -ENOENT);
	assert_non_null(strstr(f.text, "/proc/nonexistent/slabinfo"));
	assert_int_equal(slabinfo_read("/proc/self", &s, NULL), -EISDIR);
	slabinfo_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_slab),
		cmocka_unit_test(rows_of_slub),
		cmocka_unit_test(odd_names),
		cmocka_unit_test(statistics_of_debug_slab),
		cmocka_unit_test(only_a_head),
		cmocka_unit_test(bad_texts),
		cmocka_unit_test(nothing_is_left_of_a_bad_text),
		cmocka_unit_test(damaged_texts),
		cmocka_unit_test(missing_file),
	};

	return cmocka_run_group_tests_name("slabinfo", tests, NULL, NULL);
}
