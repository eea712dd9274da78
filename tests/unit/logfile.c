// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * logfile.c: starts a new file before the maximum size, loses no line of the last two files, and
 * reports failures.
 */
#include "system/logfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[] = "/tmp/slabscope-log-XXXXXX";
static char path[64], before[64];

static long size_of(const char *file)
{
	struct stat st;

	return stat(file, &st) ? -1 : (long)st.st_size;
}

static int start(void **state)
{
	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/log", directory);
	snprintf(before, sizeof(before), "%s/log.1", directory);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	unlink(path);
	unlink(before);
	return rmdir(directory);
}

/* Checks that the numbered lines of a file follow each other. Returns the first and the last. */
static void numbers(const char *file, int *first, int *last)
{
	FILE *from = fopen(file, "r");
	int n;

	assert_non_null(from);
	*first = -1;
	while (fscanf(from, "line %d%*[^\n]\n", &n) == 1) {
		if (*first < 0)
			*first = n;
		else
			assert_int_equal(n, *last + 1);
		*last = n;
	}
	assert_true(feof(from));
	fclose(from);
}

static void it_changes_files(void **state)
{
	struct failure f = {""};
	struct logfile l;
	int first, middle, last, end, nr = 0;
	char line[128];

	(void)state;
	for (int run = 0; run < 3; run++) { /* a later run continues after the last line */
		assert_int_equal(logfile_open(&l, path, 4096, &f), 0);
		for (int i = 0; i < 100; i++) {
			int length = snprintf(line, sizeof(line), "line %d %080d\n", ++nr, 0);

			assert_int_equal(logfile_write(&l, line, (size_t)length, &f), 0);
			assert_true(size_of(path) <= 4096 && size_of(before) <= 4096);
		}
		logfile_close(&l);
	}
	numbers(before, &first, &middle);
	numbers(path, &end, &last);
	assert_int_equal(end, middle + 1);
	assert_int_equal(last, nr);
	assert_true(size_of(before) > 4096 - 100); /* already full */
	assert_string_equal(f.text, "");
}

static void a_line_may_be_larger(void **state)
{
	static char line[10000];
	struct failure f = {""};
	struct logfile l;

	(void)state;
	memset(line, 'x', sizeof(line));
	assert_int_equal(logfile_open(&l, path, 4096, &f), 0);
	assert_int_equal(logfile_write(&l, line, sizeof(line), &f), 0);
	assert_int_equal(logfile_write(&l, line, sizeof(line), &f), 0);
	assert_int_equal(size_of(path), sizeof(line));
	assert_int_equal(size_of(before), sizeof(line));
	logfile_close(&l);
}

static void what_fails_is_named(void **state)
{
	struct failure f = {""};
	struct logfile l;

	(void)state;
	assert_true(logfile_open(&l, "/proc/nowhere/log", 4096, &f) < 0);
	assert_non_null(strstr(f.text, "/proc/nowhere/log"));
	logfile_close(&l);
	f.text[0] = 0;
	assert_int_equal(logfile_open(&l, "/dev/full", 4096, &f), 0);
	assert_true(logfile_write(&l, "x", 1, &f) < 0);
	assert_non_null(strstr(f.text, "/dev/full"));
	logfile_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_changes_files, start, stop),
		cmocka_unit_test_setup_teardown(a_line_may_be_larger, start, stop),
		cmocka_unit_test_setup_teardown(what_fails_is_named, start, stop),
	};

	return cmocka_run_group_tests_name("logfile", tests, NULL, NULL);
}
