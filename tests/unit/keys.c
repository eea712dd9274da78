// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Each key of the help does what the help says: a term of the help without a test fails. */
#include <time.h>

#include "compare/compare_model.h"
#include "comparison.h"
#include "fixture.h"
#include "command/options.h"

static struct fixture f;

static int start(void **state)
{
	const struct machine m = {7, 4, 16, 1, 3};
	struct snapshot a = machine_at(&m, 0), b;

	(void)state;
	memset(&f, 0, sizeof(f));
	ui_init(&f.ui, 24, 80, true, 1);
	for (unsigned round = 1; round <= 3; round++) {
		b = machine_at(&m, round);
		fixture_round(&f, &a, &b);
		snapshot_free(&a);
		a = b;
	}
	snapshot_free(&a);
	fixture_draw(&f);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void press(int key)
{
	fixture_key(&f, key);
	assert_untorn(&f.cells, &f.ui);
}

static bool shows(const char *text)
{
	for (int row = 0; row < f.cells.rows; row++) {
		char *line = cells_row(&f.cells, row);
		bool found = strstr(line, text);

		free(line);
		if (found)
			return true;
	}
	return false;
}

#define assert_shows(text)                                               \
	do {                                                             \
		if (!shows(text))                                        \
			fail_msg("the screen does not show '%s'", text); \
	} while (0)

static size_t selected(void)
{
	return ui_settle(&f.ui, &f.list);
}

/* ---- what the help says ---------------------------------------------------------------- */

static void screens_open(void)
{
	for (int i = 0; i < SCREENS_LISTED; i++) {
		if (!screen_is_there(i, false))
			continue;
		press('0');
		press(i == SCREEN_TABLE ? '2' : '1');
		press('1' + i);
		assert_int_equal(f.ui.screen, i);
		press(i == SCREEN_TABLE ? 'M' : 'C');
		press(screens[i].letter);
		assert_int_equal(f.ui.screen, i);
	}
}

static void tab(void)
{
	press('1');
	for (int i = 1; i <= SCREEN_COMPARE; i++) { /* which is not there */
		press(i % 2 ? KEY_CODE_TAB : KEY_CODE_F1 + 4);
		assert_int_equal(f.ui.screen, i % SCREEN_COMPARE);
	}
	press(KEY_CODE_BACK_TAB);
	assert_int_equal(f.ui.screen, SCREEN_COMPARE - 1);
	press('1');
	for (int i = 0; i < f.ui.nr_zones; i++) /* a click on the name of the third */
		if (f.ui.zone[i].key == '3') {
			ui_click(&f.ui, &f.list, f.ui.zone[i].row, f.ui.zone[i].col + 1);
			break;
		}
	assert_int_equal(f.ui.screen, SCREEN_LATENCY);
}

static void moving(void)
{
	static const struct {
		int key;
		long by;
	} keys[] = {{KEY_CODE_DOWN, 1},	      {'j', 1},
		    {KEY_CODE_UP, -1},	      {'k', -1},
		    {KEY_CODE_WHEEL_DOWN, 3}, {KEY_CODE_WHEEL_UP, -3},
		    {KEY_CODE_DOWN, 1}};
	size_t at = 0;

	press(KEY_CODE_HOME);
	assert_int_equal(selected(), 0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		press(keys[i].key);
		at = (size_t)((long)at + keys[i].by);
		assert_int_equal(selected(), at);
	}
	press(KEY_CODE_PAGE_DOWN);
	assert_true(selected() > at + 3);
	press(KEY_CODE_PAGE_UP);
	assert_int_equal(selected(), at);
	press(KEY_CODE_END);
	assert_int_equal(selected(), f.list.nr - 1);
	press(KEY_CODE_HOME);
	ui_click(&f.ui, &f.list, f.ui.list_row + 2, 5);
	fixture_draw(&f);
	assert_int_equal(selected(), 2);
}

static void enter(void)
{
	press(KEY_CODE_ENTER);
	assert_int_equal(f.ui.screen, SCREEN_CACHE);
	assert_shows("cpu3");
	press(KEY_CODE_ENTER);
	assert_int_equal(f.ui.screen, SCREEN_TABLE);
	ui_click(&f.ui, &f.list, f.ui.list_row + 2, 5);
	assert_int_equal(f.ui.screen, SCREEN_TABLE);
	ui_click(&f.ui, &f.list, f.ui.list_row + 2, 5);
	assert_int_equal(f.ui.screen, SCREEN_CACHE);
	fixture_draw(&f);
	press(KEY_CODE_ESCAPE);
	press('M');
	press(KEY_CODE_ENTER);
	press(KEY_CODE_ENTER); /* back to where it was opened */
	assert_int_equal(f.ui.screen, SCREEN_CPUS);
}

static void escape(void)
{
	press('O');
	press(KEY_CODE_ENTER);
	press(KEY_CODE_ESCAPE);
	assert_int_equal(f.ui.screen, SCREEN_ORIGINS);
	press(KEY_CODE_ESCAPE);
	assert_int_equal(f.ui.screen, SCREEN_TABLE);
	strcpy(f.ui.filter, "filp");
	fixture_draw(&f);
	assert_int_equal(f.list.nr, 1);
	press(KEY_CODE_ESCAPE);
	assert_true(f.list.nr > 1);
}

static void sorting(void)
{
	press('n');
	assert_int_equal(f.ui.sort, COLUMN_CACHE);
	press('>');
	assert_int_equal(f.ui.sort, COLUMN_SIDE);
	press(KEY_CODE_F1 + 5);
	assert_int_equal(f.ui.sort, COLUMN_PID);
	press('<');
	assert_int_equal(f.ui.sort, COLUMN_SIDE);
	for (int i = 0; i < f.ui.nr_zones; i++)
		if (f.ui.zone[i].key == KEY_CODE_SORT + COLUMN_MEM) {
			ui_click(&f.ui, &f.list, f.ui.zone[i].row, f.ui.zone[i].col);
			assert_int_equal(f.ui.sort, COLUMN_MEM);
			assert_false(f.ui.invert);
			ui_click(&f.ui, &f.list, f.ui.zone[i].row, f.ui.zone[i].col);
			assert_true(f.ui.invert);
			return;
		}
	fail_msg("there is no heading MEM to click");
}

static void invert(void)
{
	char first[64];

	press('n');
	strcpy(first, f.list.row[0].cache->name);
	press('I');
	assert_string_equal(f.list.row[f.list.nr - 1].cache->name, first);
}

static void type(const char *text)
{
	for (; *text; text++)
		press(*text);
}

static void search(void)
{
	press('/');
	type("kmalloc");
	assert_non_null(strstr(f.list.row[selected()].cache->name, "kmalloc"));
	press(KEY_CODE_F1 + 2);
	press(KEY_CODE_ENTER);
	assert_int_equal(f.ui.typing, TYPING_NOTHING);
	press(KEY_CODE_F1 + 2);
	assert_int_equal(f.ui.typing, TYPING_SEARCH);
}

static void filter(void)
{
	press(KEY_CODE_F1 + 3);
	type("filp|DENTRY||");
	press(KEY_CODE_ENTER);
	assert_int_equal(f.list.nr, 2);
	press('\\');
	press(KEY_CODE_ESCAPE);
	assert_true(f.list.nr > 2);
}

static void sides(void)
{
	size_t all = f.list.nr, kernel;

	press('S');
	kernel = f.list.nr;
	assert_int_equal(f.list.row[0].side->kind, SIDE_KERNEL);
	press(KEY_CODE_F1 + 8);
	assert_int_equal(f.list.row[0].side->kind, SIDE_REFERENCE);
	assert_int_equal(kernel + f.list.nr, all);
	press('S');
	assert_int_equal(f.list.nr, all);
}

static void space(void)
{
	press(' ');
	assert_true(f.ui.paused);
	assert_shows("paused");
	press(' ');
	assert_false(f.ui.paused);
}

static void interval(void)
{
	press('+');
	assert_true(f.ui.interval_s == 2);
	press(KEY_CODE_F1 + 7);
	assert_true(f.ui.interval_s == 5);
	press('-');
	press(KEY_CODE_F1 + 6);
	assert_true(f.ui.interval_s == 1);
}

static void step(void)
{
	f.ui.playing.on = true;
	press('.');
	press('.');
	assert_int_equal(f.ui.playing.steps, 2);
	assert_true(f.ui.paused);
	press(',');
	assert_int_equal(f.ui.playing.steps, 1);
}

static void tenth(void)
{
	f.ui.playing.on = true;
	press('}');
	press('{');
	press('{');
	assert_int_equal(f.ui.playing.tenths, -1);
	assert_false(f.ui.paused);
}

static void edge(void)
{
	f.ui.playing.on = true;
	press('$');
	assert_int_equal(f.ui.playing.edge, 1);
	press('^');
	assert_int_equal(f.ui.playing.edge, -1);
}

static void speed(void)
{
	f.ui.playing.on = true;
	press(']');
	press(']');
	assert_true(f.ui.playing.speed == 4);
	for (int i = 0; i < 3; i++)
		press('[');
	assert_true(f.ui.playing.speed == 0.5);
	for (int i = 0; i < 40; i++)
		press('[');
	assert_true(f.ui.playing.speed == SPEED_MIN);
}

/* Without a recording they say so, and do nothing. */
static void keys_of_recordings_live(void **state)
{
	static const char keys[] = ".,{}^$[]";

	(void)state;
	for (size_t i = 0; keys[i]; i++) {
		press(keys[i]);
		assert_shows("this is no recording");
	}
	assert_false(f.ui.paused);
	assert_int_equal(f.ui.playing.steps, 0);
	assert_true(f.ui.playing.speed == 1);
}

static void metric(void)
{
	press('M');
	for (int i = 1; i <= METRICS; i++) {
		press('m');
		assert_int_equal(f.ui.metric, i % METRICS);
	}
}

static void play(void)
{
	press('R');
	assert_true(f.ui.walk.play);
	press('g');
	assert_false(f.ui.walk.play);
}

static void newest(void)
{
	press('R');
	ui_key(&f.ui, &f.list, 'r');
	assert_true(f.ui.walk.newest);
}

static void fold(void)
{
	press('M');
	assert_shows("cpu3");
	press('f');
	assert_shows("node1");
	press('f');
	assert_shows("cpu3");
}

static void sideways(void)
{
	press('n');
	press(KEY_CODE_RIGHT);
	assert_int_equal(f.ui.sort, COLUMN_SIDE);
	press(KEY_CODE_LEFT);
	assert_int_equal(f.ui.sort, COLUMN_CACHE);
	f.ui.cols = 30; /* four CPUs do not fit */
	press('M');
	press(KEY_CODE_RIGHT);
	assert_int_equal(f.ui.sort, COLUMN_CACHE);
}

static void times(void)
{
	press('L');
	assert_shows("since the start");
	press('t');
	assert_shows("of the round");
}

static void scales(void)
{
	press('L');
	assert_shows("y linear bars");
	press('y');
	assert_shows("y log bars");
	press('O');
	assert_shows("shares over time");
	press('y');
	assert_shows("refills a second over time");
}

static void compare(void)
{
	press('L');
	press(KEY_CODE_HOME);
	press('x');
	press(KEY_CODE_DOWN);
	assert_shows("filp, kernel"); /* beside the second one */
	press(KEY_CODE_UP);
	press('x');
	assert_shows("compared with none");
	while (f.list.row[selected()].side->kind == SIDE_KERNEL)
		press(KEY_CODE_DOWN);
	press('x');
	press(KEY_CODE_HOME);
	assert_shows("different workloads");
}

static void setup(void)
{
	press(KEY_CODE_F1 + 1);
	assert_int_equal(f.ui.screen, SCREEN_SETUP);
	for (int i = 0; i < COLUMN_MEM; i++)
		press(KEY_CODE_DOWN);
	press(KEY_CODE_ENTER);
	press(KEY_CODE_ESCAPE);
	assert_false(shows("MEM"));
	press(KEY_CODE_F1 + 1);
	press(' ');
	press(KEY_CODE_END);
	press(' ');
	assert_true(f.ui.no_colour);
	press(KEY_CODE_F1 + 1);
	assert_int_equal(f.ui.screen, SCREEN_TABLE);
	assert_shows("MEM");
}

static void write_settings(void)
{
	press('w');
	assert_true(f.ui.save);
}

static void help(void)
{
	static const int keys[] = {'h', '?', KEY_CODE_F1};

	for (size_t i = 0; i < 3; i++) {
		press(keys[i]);
		assert_shows("slabscope shows how");
		press(keys[i]);
		assert_false(shows("slabscope shows how"));
	}
}

static void quit(void)
{
	static const int keys[] = {'q', 'Q', KEY_CODE_F10};

	for (size_t i = 0; i < 3; i++) {
		f.ui.quit = false;
		press(keys[i]);
		assert_true(f.ui.quit);
	}
}

static const struct {
	const char *term;
	void (*test)(void);
} terms[] = {
	{"1 C", screens_open},
	{"2 M", screens_open},
	{"3 L", screens_open},
	{"4 O", screens_open},
	{"5 W", screens_open},
	{"6 R", screens_open},
	{"7 D", screens_open},
	{"Tab F5", tab},
	{"Up Down k j", moving},
	{"Enter", enter},
	{"Esc", escape},
	{"F6 < >", sorting},
	{"I", invert},
	{"/ F3", search},
	{"\\ F4", filter},
	{"S F9", sides},
	{"Space", space},
	{". ,", step},
	{"} {", tenth},
	{"^ $", edge},
	{"[ ]", speed},
	{"+ - F8 F7", interval},
	{"m", metric},
	{"g", play},
	{"r", newest},
	{"f", fold},
	{"Left Right", sideways},
	{"t", times},
	{"y", scales},
	{"x", compare},
	{"F2", setup},
	{"w", write_settings},
	{"h ? F1", help},
	{"q Q F10", quit},
};
#define TERMS (sizeof(terms) / sizeof(*terms))

static void keys_do_what_the_help_says(void **state)
{
	char term[TERMS * 2][24];
	size_t nr = 0;
	bool keys = false;

	f.ui.rows = 120;
	press('?');
	for (int row = 0; row < f.cells.rows; row++) {
		char *line = cells_row(&f.cells, row), *end;

		if (strstr(line, "Screens, by number"))
			keys = true;
		else if (strstr(line, "Columns, the letter"))
			keys = false;
		else if (keys && line[0] && line[0] != ' ') {
			assert_true(nr < TERMS * 2);
			snprintf(term[nr], sizeof(term[nr]), "%.14s", line);
			for (end = term[nr] + strlen(term[nr]); end > term[nr] && end[-1] == ' ';)
				*--end = 0;
			nr++;
		}
		free(line);
	}
	assert_int_equal(nr, TERMS);
	for (size_t i = 0; i < nr; i++) {
		size_t j = 0;

		while (j < TERMS && strcmp(terms[j].term, term[i]))
			j++;
		if (j == TERMS)
			fail_msg("no test for '%s' of the help", term[i]);
		stop(state);
		start(state);
		terms[j].test();
	}
}

/* What is clicked on the line of keys does what the key does. */
static void the_line_of_keys_can_be_clicked(void **state)
{
	(void)state;
	f.ui.cols = 132;
	fixture_draw(&f);
	for (int i = 0; i < f.ui.nr_zones; i++) {
		if (f.ui.zone[i].key != KEY_CODE_F1)
			continue;
		assert_int_equal(f.ui.zone[i].row, f.ui.rows - 1);
		ui_click(&f.ui, &f.list, f.ui.zone[i].row, f.ui.zone[i].col);
		assert_int_equal(f.ui.screen, SCREEN_HELP);
		return;
	}
	fail_msg("F1 cannot be clicked");
}

/* Compare is where a comparison begins, and what Esc comes back to; what needs a live machine is not there. */
static void a_comparison_has_its_own(void **state)
{
	struct compare compared = made_up_comparison();

	(void)state;
	memset(&f, 0, sizeof(f));
	f.compare = &compared;
	assert_int_equal(compare_model(&compared, &f.model), 0);
	ui_init(&f.ui, 24, 200, true, 1);
	f.ui.comparison = true;
	f.ui.screen = f.ui.back = SCREEN_COMPARE;
	fixture_draw(&f);
	assert_int_equal(f.list.nr, compared.nr_caches); /* of one side */
	assert_shows("fewer, more than noise");
	press(KEY_CODE_DOWN);
	assert_shows("no difference beyond noise");
	press('C');
	assert_int_equal(f.ui.screen, SCREEN_TABLE);
	assert_int_equal(f.list.nr, 2 * compared.nr_caches);
	press('D');
	assert_int_equal(f.ui.screen, SCREEN_TABLE);
	press('R');
	assert_int_equal(f.ui.screen, SCREEN_TABLE);
	press('V');
	assert_int_equal(f.ui.screen, SCREEN_COMPARE);
	press(KEY_CODE_TAB);
	assert_int_equal(f.ui.screen, SCREEN_TABLE);
	press(KEY_CODE_BACK_TAB);
	assert_int_equal(f.ui.screen, SCREEN_COMPARE);
	press(KEY_CODE_ENTER);
	assert_shows("cpu1");
	press(KEY_CODE_ESCAPE);
	press('L');
	press(KEY_CODE_ESCAPE);
	assert_int_equal(f.ui.screen, SCREEN_COMPARE);
	fixture_close(&f);
	compare_free(&compared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_do_what_the_help_says, start, stop),
		cmocka_unit_test_setup_teardown(keys_of_recordings_live, start, stop),
		cmocka_unit_test_setup_teardown(the_line_of_keys_can_be_clicked, start, stop),
		cmocka_unit_test(a_comparison_has_its_own),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
