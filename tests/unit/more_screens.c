// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * One row adds a made-up screen: it is then in the line of screens, under a number, a letter, Tab
 * and --screen, in the help with its keys, in text and JSON, in the completions and the manual. So
 * is a screen that leaves out all it may leave out.
 */
#include <jansson.h>
#include <unistd.h>

#include "command/commands.h"
#include "command/completion.h"
#include "command/manual.h"
#include "fixture.h"
#include "report/batch.h"
#include "report/json.h"

/* ---- the screen ------------------------------------------------------------------------ */

static int beats;

static void draw(struct cells *c, struct view *v, int top, int rows, const struct row *selected)
{
	(void)rows;
	cells_printf(c, top, 0, c->cols, STYLE_NORMAL, "%zu caches, first %s, %d beats",
		     v->list->nr, selected ? selected->cache->name : "-", beats);
}

static int batch(struct cells *c, struct view *v, int row)
{
	draw(c, v, row, 1, v->list->nr ? v->list->row : NULL);
	return row + 1;
}

static bool key(struct ui *ui, const struct cache_list *l, int k)
{
	(void)ui;
	(void)l;
	beats += k == 'd';
	return k == 'd';
}

static int json(struct json_t *object, const struct view *v)
{
	return json_object_set_new(object, "pulse", json_integer((json_int_t)v->list->nr));
}

static const struct screen_help help[] = {{"d", "one more beat"}, {NULL, NULL}};

static const struct screen screen_pulse = {
	.name = "pulse",
	.title = "Pulse",
	.what = "whether the caches are alive",
	.letter = 'P',
	.live = true,
	.help = help,
	.draw = draw,
	.key = key,
	.batch = batch,
	.json = json,
};

/* ---- a screen with nothing but what a screen needs ------------------------------------- */

static void draw_plain(struct cells *c, struct view *v, int top, int rows,
		       const struct row *selected)
{
	(void)selected;
	cells_printf(c, top, 0, c->cols, STYLE_NORMAL, "%zu caches, plain", v->list->nr);
	cells_put(c, top + rows - 1, 0, c->cols, STYLE_NORMAL, "the last row");
}

static const struct screen screen_plain = {
	.name = "plain",
	.title = "Plain",
	.what = "how many caches there are",
	.letter = 'Y',
	.live = true,
	.draw = draw_plain,
};

/* ---- the rows -------------------------------------------------------------------------- */

const struct screen *const screens_more[] = {&screen_plain, &screen_pulse, NULL};

/* ---- where it is found ----------------------------------------------------------------- */

static struct fixture f;

static int start(void **state)
{
	const struct machine m = {7, 4, 16, 1, 3};
	struct snapshot a = machine_at(&m, 0), b = machine_at(&m, 1);

	(void)state;
	memset(&f, 0, sizeof(f));
	ui_init(&f.ui, screens_first(false), 24, 132, true, 1);
	fixture_round(&f, &a, &b);
	snapshot_free(&a);
	snapshot_free(&b);
	fixture_draw(&f);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

/* Returns its number with what follows, such as "9 Pulse". */
static const char *numbered(const char *rest)
{
	static char text[32];

	snprintf(text, sizeof(text), "%d %s", screens_number(&screen_pulse), rest);
	return text;
}

static int row_of(const char *text)
{
	return find_row(&f.cells, text);
}

static void keys_open_it(void **state)
{
	(void)state;
	assert_true(row_of(numbered("Pulse")) >= 0);
	fixture_key(&f, 'P');
	assert_ptr_equal(f.ui.screen, &screen_pulse);
	assert_true(row_of("19 caches, first") >= 0);
	fixture_key(&f, 'C');
	fixture_key(&f, '0' + screens_number(&screen_pulse));
	assert_ptr_equal(f.ui.screen, &screen_pulse);
	fixture_key(&f, KEY_CODE_TAB);
	assert_ptr_equal(f.ui.screen, &screen_caches);
	fixture_key(&f, KEY_CODE_BACK_TAB);
	assert_ptr_equal(f.ui.screen, &screen_pulse);
	fixture_key(&f, 'd');
	assert_true(row_of(", 1 beats") >= 0);
}

static void the_help_has_it(void **state)
{
	(void)state;
	f.ui.rows = 120;
	fixture_key(&f, '?');
	assert_true(row_of("whether the caches are alive") >= 0);
	assert_int_equal(row_of("whether the caches are alive"), row_of(numbered("P ")));
	assert_true(row_of("d             Pulse: one more beat") >= 0);
}

static void names_have_it(void **state)
{
	char *argv[] = {"slabscope", "--screen", "no-screen", NULL};
	struct failure failure = {""};

	(void)state;
	assert_ptr_equal(screens_find("Pulse"), &screen_pulse);
	assert_int_equal(commands_run(3, argv, &failure), EXIT_USAGE);
	assert_non_null(strstr(failure.text, "pulse"));
}

static void completions_and_manual_have_it(void **state)
{
	static const char *const shells[] = {"bash", "zsh", "fish"};
	static const char template[] = ".\\\" @screens\n";
	char path[] = "/tmp/slabscope-manual-XXXXXX", *text;
	struct failure failure = {""};
	int fd = mkstemp(path);
	size_t size;
	FILE *to;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		to = open_memstream(&text, &size);
		completion_print(shells[i], to);
		fclose(to);
		assert_non_null(strstr(text, "pulse"));
		free(text);
	}
	assert_int_equal(write(fd, template, strlen(template)), strlen(template));
	close(fd);
	to = open_memstream(&text, &size);
	assert_int_equal(manual_print(path, to, &failure), 0);
	fclose(to);
	unlink(path);
	assert_non_null(strstr(text, ".It Cm pulse"));
	free(text);
}

static void text_and_json_have_it(void **state)
{
	struct cache_list list;
	struct ui ui;
	struct view v = {.model = &f.model, .trend = &f.trend, .list = &list, .ui = &ui};
	size_t length;
	char *text;

	(void)state;
	batch_init(&ui, true, 1);
	ui_show(&ui, &screen_pulse);
	assert_int_equal(cache_list_make(&list, &f.model, &f.trend, &ui), 0);
	text = batch_text(&v, &length);
	assert_non_null(strstr(text, "19 caches, first"));
	free(text);
	ui_show(&ui, &screen_plain);
	text = batch_text(&v, &length);
	assert_non_null(strstr(text, "19 caches, plain"));
	assert_non_null(strstr(text, "the last row\n\n"));
	free(text);
	ui_show(&ui, &screen_pulse);
	text = json_line(&f.model, &v, &length);
	assert_non_null(strstr(text, "\"pulse\":19"));
	free(text);
	cache_list_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys_open_it, start, stop),
		cmocka_unit_test_setup_teardown(the_help_has_it, start, stop),
		cmocka_unit_test(names_have_it),
		cmocka_unit_test(completions_and_manual_have_it),
		cmocka_unit_test_setup_teardown(text_and_json_have_it, start, stop),
	};

	return cmocka_run_group_tests_name("more_screens", tests, NULL, NULL);
}
