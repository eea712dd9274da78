// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Settings are read as they were written; the command line overrides them; mistakes are named. */
#include "command/preferences.h"
#include "command/settings.h"
#include "screen/screens.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[] = "/tmp/slabscope-settings-XXXXXX";
static char path[256];

static int start(void **state)
{
	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	assert_non_null(mkdtemp(directory));
	setenv("XDG_CONFIG_HOME", directory, 1);
	return settings_path(path, sizeof(path));
}

static int stop(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static void put(const char *text)
{
	char folder[300];
	FILE *to;

	snprintf(folder, sizeof(folder), "%s/slabscope", directory);
	mkdir(folder, 0700);
	to = fopen(path, "w");
	assert_non_null(to);
	fputs(text, to);
	fclose(to);
}

static struct ui fresh(void)
{
	struct ui ui;

	ui_init(&ui, &screen_caches, 24, 80, true, 1);
	return ui;
}

static void what_is_written_is_read(void **state)
{
	struct ui a = fresh(), b = fresh();
	struct failure f = {""};

	(void)state;
	a.screen = &screen_help; /* it is not one to begin with */
	a.back = screens_find("origins");
	a.sort = COLUMN_P99;
	a.invert = a.no_colour = true;
	a.interval_s = 2.5;
	a.hidden = COLUMN_BIT(COLUMN_MEM) | COLUMN_BIT(COLUMN_GROWTH) | COLUMN_BIT(COLUMN_HIT);
	assert_int_equal(settings_write(path, &a, &f), 0);
	assert_int_equal(settings_read(path, &b, NULL, &f), 0);
	assert_string_equal(f.text, "");
	assert_ptr_equal(b.screen, screens_find("origins"));
	assert_int_equal(b.sort, COLUMN_P99);
	assert_true(b.invert && b.no_colour && b.interval_s == 2.5);
	assert_int_equal(b.hidden, a.hidden);
}

static void no_file_is_no_failure(void **state)
{
	struct ui ui = fresh();
	struct failure f = {""};

	(void)state;
	assert_int_equal(settings_read(path, &ui, NULL, &f), 0);
	assert_string_equal(f.text, "");
}

static void nonsense_is_named_by_its_line(void **state)
{
	static const char *const lines[] = {
		"screen = nowhere", "sort = ORIGIN",  "sort =",	      "interval = 0",
		"interval = 1x",    "colours = blue", "hide = CACHE", "hide = MEM NOTHING",
		"no equals sign",   "what = ever",    "invert = 1",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const struct top_options o = {.sort = -1};
		struct ui ui = fresh();

		snprintf(text, sizeof(text), "# a comment\n\n%s\ninterval = 7\n", lines[i]);
		put(text);
		free(preferences_load(&ui, &o));
		snprintf(text, sizeof(text), "%s: line 3: ", path);
		if (strncmp(ui.message, text, strlen(text)))
			fail_msg("'%s' gives '%s'", lines[i], ui.message);
		assert_non_null(strstr(ui.message, "ignored"));
		assert_true(ui.interval_s == 7); /* the others count */
		assert_ptr_equal(ui.screen, &screen_caches);
		assert_int_equal(ui.sort, COLUMN_ALLOCS);
		assert_int_equal(ui.hidden, 0);
	}
}

static void every_bad_line_is_reported(void **state)
{
	const struct top_options o = {.sort = -1};
	struct ui ui = fresh();
	char *mistakes, wanted[1024];

	(void)state;
	put("screen = nowhere\nhide = MEM,SIZE\ninterval = 7\nnonsense\n");
	mistakes = preferences_load(&ui, &o);
	snprintf(wanted, sizeof(wanted),
		 "%s: line 1: screen must be a screen: caches, cpus, ...; the line is ignored\n"
		 "%s: line 2: hide must be titles of columns, separated by blanks, but not CACHE; "
		 "the line is ignored\n"
		 "%s: line 4: 'nonsense' is not 'key = value'; the line is ignored\n",
		 path, path, path);
	assert_string_equal(mistakes, wanted);
	assert_non_null(strstr(ui.message, "line 1"));
	assert_true(ui.interval_s == 7);
	free(mistakes);
}

static void the_command_line_wins(void **state)
{
	const struct top_options o = {.interval_given = true,
				      .interval_s = 3,
				      .sort = COLUMN_SIZE,
				      .screen = screens_find("latency")};
	struct ui ui = fresh();

	(void)state;
	put("interval = 9\nsort = MEM\ninvert = yes\nscreen = cpus\nhide = USE%\n");
	assert_null(preferences_load(&ui, &o));
	assert_string_equal(ui.message, "");
	assert_true(ui.interval_s == 3);
	assert_int_equal(ui.sort, COLUMN_SIZE);
	assert_false(ui.invert);
	assert_ptr_equal(ui.screen, screens_find("latency"));
	assert_int_equal(ui.hidden, COLUMN_BIT(COLUMN_USE));
}

static void only_a_regular_file_is_read(void **state)
{
	struct ui ui = fresh();
	struct failure f = {""};

	(void)state;
	put("");
	assert_int_equal(truncate(path, 1ll << 40), 0);
	assert_int_equal(settings_read(path, &ui, NULL, &f), -EFBIG);
	assert_non_null(strstr(f.text, "too large"));
	assert_int_equal(unlink(path), 0);
	f.text[0] = 0;
	assert_int_equal(mkfifo(path, 0600), 0); /* a read of it would wait for a writer */
	assert_int_equal(settings_read(path, &ui, NULL, &f), -EINVAL);
	assert_non_null(strstr(f.text, "no regular file"));
}

static void saving_says_where(void **state)
{
	struct ui ui = fresh();

	(void)state;
	ui.save = true;
	preferences_save(&ui);
	assert_false(ui.save);
	assert_non_null(strstr(ui.message, path));
	assert_int_equal(access(path, R_OK), 0);
	setenv("XDG_CONFIG_HOME", "/proc/nowhere", 1);
	preferences_save(&ui);
	assert_non_null(strstr(ui.message, "cannot be written"));
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", directory, 1);
	assert_int_equal(settings_path(path, sizeof(path)), 0);
	assert_non_null(strstr(path, "/.config/slabscope/config"));
	unsetenv("HOME");
	preferences_save(&ui);
	assert_non_null(strstr(ui.message, "HOME"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_read, start, stop),
		cmocka_unit_test_setup_teardown(no_file_is_no_failure, start, stop),
		cmocka_unit_test_setup_teardown(nonsense_is_named_by_its_line, start, stop),
		cmocka_unit_test_setup_teardown(every_bad_line_is_reported, start, stop),
		cmocka_unit_test_setup_teardown(the_command_line_wins, start, stop),
		cmocka_unit_test_setup_teardown(only_a_regular_file_is_read, start, stop),
		cmocka_unit_test_setup_teardown(saving_says_where, start, stop),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
