// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Each key acts as the help describes it; a term of the help without a test fails. */
#include <time.h>

#include "compare/compare_model.h"
#include "comparison.h"
#include "fixture.h"
#include "command/top_options.h"

static struct fixture f;

static int start(void **state)
{
	const struct machine m = {7, 4, 16, 1, 3};
	struct snapshot a = machine_at(&m, 0), b;

	(void)state;
	memset(&f, 0, sizeof(f));
	ui_init(&f.ui, screens_first(false), 24, 80, true, 1);
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
	return find_row(&f.cells, text) >= 0;
}

#define assert_shows(text)                                               \
	do {                                                             \
		if (!shows(text))                                        \
			fail_msg("the screen does not show '%s'", text); \
	} while (0)

static size_t selected(void)
{
	return cache_list_settle(&f.ui, &f.list);
}

/* ---- the terms of the help ------------------------------------------------------------- */

static void screens_open(void)
{
	for (int i = 0; screens_at(i); i++) {
		if (!screens_listed(screens_at(i), false))
			continue;
		press('0');
		press(i ? '1' : '2');
		press('0' + screens_number(screens_at(i)));
		assert_ptr_equal(f.ui.screen, screens_at(i));
		press(i ? 'C' : 'M');
		press(screens_at(i)->letter);
		assert_ptr_equal(f.ui.screen, screens_at(i));
	}
}

static void tab(void)
{
	const struct screen *last = NULL;

	press('1');
	for (int i = 0; screens_at(i); i++) {
		if (!screens_listed(screens_at(i), false))
			continue;
		assert_ptr_equal(f.ui.screen, screens_at(i));
		last = screens_at(i);
		press(i % 2 ? KEY_CODE_TAB : KEY_CODE_F1 + 4);
	}
	assert_ptr_equal(f.ui.screen, screens_at(0));
	press(KEY_CODE_BACK_TAB);
	assert_ptr_equal(f.ui.screen, last);
	press('1');
	for (int i = 0; i < f.ui.nr_zones; i++) /* a click on the name of the third */
		if (f.ui.zone[i].key == '3') {
			ui_click(&f.ui, &f.list, f.ui.zone[i].row, f.ui.zone[i].col + 1);
			break;
		}
	assert_ptr_equal(f.ui.screen, screens_find("latency"));
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
	assert_ptr_equal(f.ui.screen, &screen_cache);
	assert_shows("cpu3");
	press(KEY_CODE_ENTER);
	assert_ptr_equal(f.ui.screen, &screen_caches);
	ui_click(&f.ui, &f.list, f.ui.list_row + 2, 5);
	assert_ptr_equal(f.ui.screen, &screen_caches);
	ui_click(&f.ui, &f.list, f.ui.list_row + 2, 5);
	assert_ptr_equal(f.ui.screen, &screen_cache);
	fixture_draw(&f);
	press(KEY_CODE_ESCAPE);
	press('M');
	press(KEY_CODE_ENTER);
	press(KEY_CODE_ENTER); /* back to where it was opened */
	assert_ptr_equal(f.ui.screen, screens_find("cpus"));
}

static void escape(void)
{
	press('O');
	press(KEY_CODE_ENTER);
	press(KEY_CODE_ESCAPE);
	assert_ptr_equal(f.ui.screen, screens_find("origins"));
	press(KEY_CODE_ESCAPE);
	assert_ptr_equal(f.ui.screen, &screen_caches);
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
	press('>');
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

static void sort_menu(void)
{
	press(KEY_CODE_F1 + 5);
	assert_ptr_equal(f.ui.screen, &screen_sort);
	assert_shows("Sort by");
	press(KEY_CODE_END);
	press(KEY_CODE_ENTER);
	assert_ptr_equal(f.ui.screen, &screen_caches);
	assert_int_equal(f.ui.sort, COLUMN_P99);
	assert_shows("sorted by P99");
	press(KEY_CODE_F1 + 5);
	press(KEY_CODE_F1 + 5); /* and back */
	assert_ptr_equal(f.ui.screen, &screen_caches);
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

/* The terminal passes on the bytes of a character one by one. */
static void type_bytes(const char *text)
{
	for (; *text; text++)
		press((unsigned char)*text);
}

static void other_characters(void)
{
	press('/');
	type_bytes("\x80\xc1\xff"
		   "ü\x80"
		   "b"); /* what is no character is left out */
	assert_string_equal(f.ui.search, "üb");
	press(KEY_CODE_BACKSPACE);
	assert_string_equal(f.ui.search, "ü");
	press(KEY_CODE_BACKSPACE);
	assert_string_equal(f.ui.search, "");
	for (int i = 0; i < UI_TEXT; i++)
		type_bytes("日");
	assert_int_equal(strlen(f.ui.search), (UI_TEXT - 1) / 3 * 3); /* whole characters */
	press(KEY_CODE_ESCAPE);
	press('\\');
	type_bytes("ï | Web Cö");
	assert_string_equal(f.ui.filter, "ï | Web Cö");
	press(KEY_CODE_ESCAPE);
}

static void filter(void)
{
	other_characters();
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

static void idle(void)
{
	size_t all = f.list.nr;

	press('i');
	assert_true(f.list.nr < all);
	assert_shows("busy only");
	for (size_t i = 0; i < f.list.nr; i++)
		assert_false(traffic_idle(&f.list.row[i].cache->traffic));
	press('i');
	assert_int_equal(f.list.nr, all);
}

/* What changes the list selects its first row; a followed cache stays. */
static void following(void)
{
	static const int changes[] = {'n', '>', 'I', 'S', 'S', 'S'};
	char name[64];

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		press(KEY_CODE_END);
		assert_true(selected() > 0);
		press(changes[i]);
		assert_int_equal(selected(), 0);
		assert_int_equal(f.ui.table_top, 0);
	}
	press(KEY_CODE_END);
	press('\\');
	type("a");
	assert_int_equal(selected(), 0);
	press(KEY_CODE_END); /* it ends no typing */
	press(KEY_CODE_ESCAPE);
	assert_int_equal(selected(), 0);
	press(KEY_CODE_DOWN);
	press(KEY_CODE_DOWN);
	strcpy(name, f.list.row[selected()].cache->name);
	press('F');
	assert_shows("follows ");
	for (size_t i = 0; i < 3; i++) {
		press(changes[i]);
		assert_string_equal(f.list.row[selected()].cache->name, name);
		assert_shows("following");
	}
	press(KEY_CODE_UP);
	assert_false(f.ui.follow);
	press('F');
	press('F');
	assert_shows("no longer follows");
	press('I');
	assert_int_equal(selected(), 0);
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

/* Without a recording these keys only show a message. */
static void keys_of_recordings_live(void **state)
{
	static const char keys[] = ".,{}^$[]";

	(void)state;
	for (size_t i = 0; keys[i]; i++) {
		press(keys[i]);
		assert_shows("not a recording");
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

static void any_refill(void)
{
	press('R');
	ui_key(&f.ui, &f.list, 'm');
	assert_true(f.ui.walk.any);
	assert_true(f.ui.walk.newest);
	assert_int_equal(f.ui.metric, METRIC_HIT);
}

static void walk_steps(void)
{
	press('R');
	ui_key(&f.ui, &f.list, KEY_CODE_RIGHT);
	ui_key(&f.ui, &f.list, KEY_CODE_RIGHT);
	ui_key(&f.ui, &f.list, KEY_CODE_LEFT);
	assert_int_equal(f.ui.walk.by, 1);
	assert_false(f.ui.walk.play);
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
}

static void scroll_cpus(void)
{
	press('n');
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
	assert_shows("of the interval");
}

static void scales(void)
{
	press('L');
	assert_shows("y linear bars");
	press('y');
	assert_shows("y log bars");
}

static void shares(void)
{
	press('O');
	assert_shows("refills a second over time");
	press('y');
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
	assert_shows("no longer compared");
	while (f.list.row[selected()].side->kind == SIDE_KERNEL)
		press(KEY_CODE_DOWN);
	press('x');
	press(KEY_CODE_HOME);
	assert_shows("different workloads");
}

static void setup(void)
{
	press(KEY_CODE_F1 + 1);
	assert_ptr_equal(f.ui.screen, &screen_setup);
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
	assert_ptr_equal(f.ui.screen, &screen_caches);
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
	f.ui.quit = false;
	press('h');
	press('q'); /* as Esc does */
	assert_false(f.ui.quit);
	assert_ptr_equal(f.ui.screen, &screen_caches);
}

static const struct {
	const char *term;
	void (*test)(void);
} terms[] = {
	{"Tab F5", tab},
	{"Up Down k j", moving},
	{"Enter", enter},
	{"Esc", escape},
	{"F6", sort_menu},
	{"< >", sorting},
	{"I", invert},
	{"/ F3", search},
	{"\\ F4", filter},
	{"i", idle},
	{"F", following},
	{"S F9", sides},
	{"Space", space},
	{". ,", step},
	{"} {", tenth},
	{"^ $", edge},
	{"[ ]", speed},
	{"+ - F8 F7", interval},
	{"Left Right", sideways},
	{"F2", setup},
	{"w", write_settings},
	{"h ? F1", help},
	{"q Q F10", quit},
	{"m             CPUs:", metric},
	{"f             CPUs:", fold},
	{"Left Right    CPUs:", scroll_cpus},
	{"t             Latency:", times},
	{"y             Latency:", scales},
	{"x             Latency:", compare},
	{"y             Origins:", shares},
	{"m             Walk:", any_refill},
	{"g             Walk:", play},
	{"r             Walk:", newest},
	{"Left Right    Walk:", walk_steps},
};
#define TERMS	  (sizeof(terms) / sizeof(*terms))
#define TERM	  14 /* columns of a term */
#define TERM_SIZE 32

/* Takes the term of a line of the help, with the title of the screen for a key of one screen. */
static void take_term(const char *line, char *to, size_t size)
{
	const char *colon = strstr(line, ": ");
	bool title = colon && colon > line + TERM &&
		     !memchr(line + TERM, ' ', (size_t)(colon - line) - TERM);
	int length = title ? (int)(colon - line) + 1 : TERM;

	for (size_t i = 0; title && screens_at(i); i++)
		if (!strncmp(line + TERM, screens_at(i)->title, (size_t)(colon - line) - TERM))
			break;
		else if (!screens_at(i + 1))
			length = TERM; /* another word */
	snprintf(to, size, "%.*s", length, line);
	for (char *end = to + strlen(to); end > to && end[-1] == ' ';)
		*--end = 0;
}

/* Whether the term is that of a listed screen, such as "2 M". */
static bool opens_a_screen(const char *term)
{
	char wanted[TERM_SIZE];

	for (size_t i = 0; screens_at(i); i++) {
		snprintf(wanted, sizeof(wanted), "%d %c", screens_number(screens_at(i)),
			 screens_at(i)->letter);
		if (screens_listed(screens_at(i), false) && !strcmp(term, wanted))
			return true;
	}
	return false;
}

static void keys_do_what_the_help_says(void **state)
{
	char term[TERMS * 2][TERM_SIZE];
	size_t nr = 0;
	bool keys = false;

	f.ui.rows = 120;
	press('?');
	for (int row = 0; row < f.cells.rows; row++) {
		char *line = cells_row(&f.cells, row);

		if (strstr(line, "Screens, by number")) {
			keys = true;
		} else if (strstr(line, "Columns, the letter")) {
			keys = false;
		} else if (keys && line[0] && line[0] != ' ') {
			assert_true(nr < TERMS * 2);
			take_term(line, term[nr], TERM_SIZE);
			nr += !opens_a_screen(term[nr]);
		}
		free(line);
	}
	screens_open();
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
	assert_int_equal(nr, TERMS);
}

/* A click on the line of keys acts as the key. */
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
		assert_ptr_equal(f.ui.screen, &screen_help);
		return;
	}
	fail_msg("F1 cannot be clicked");
}

/* A comparison begins with Compare, and Esc returns to it; it has no screens of live machines. */
static void a_comparison_has_its_own(void **state)
{
	struct compare compared = made_up_comparison();

	(void)state;
	memset(&f, 0, sizeof(f));
	f.compare = &compared;
	assert_int_equal(compare_model(&compared, &f.model), 0);
	ui_init(&f.ui, screens_first(true), 24, 200, true, 1);
	f.ui.comparison = true;
	fixture_draw(&f);
	assert_int_equal(f.list.nr, compared.nr_caches); /* of one side */
	assert_shows("5.28 fewer (95 %");
	press(KEY_CODE_DOWN);
	assert_shows("no difference beyond noise");
	press('C');
	assert_ptr_equal(f.ui.screen, &screen_caches);
	assert_int_equal(f.list.nr, 2 * compared.nr_caches);
	press('D');
	assert_ptr_equal(f.ui.screen, &screen_caches);
	press('R');
	assert_ptr_equal(f.ui.screen, &screen_caches);
	press('V');
	assert_ptr_equal(f.ui.screen, &screen_compare);
	press(KEY_CODE_TAB);
	assert_ptr_equal(f.ui.screen, &screen_caches);
	press(KEY_CODE_BACK_TAB);
	assert_ptr_equal(f.ui.screen, &screen_compare);
	press(KEY_CODE_ENTER);
	assert_shows("cpu1");
	press(KEY_CODE_ESCAPE);
	press('L');
	press(KEY_CODE_ESCAPE);
	assert_ptr_equal(f.ui.screen, &screen_compare);
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
