// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Random keys, clicks and sizes, on a machine that changes under them: caches and processes come
 * and go, CPUs go offline. MONKEY_EVENTS (default 3000) and MONKEY_SEED choose another run.
 */
#include <time.h>

#include "command/preferences.h"
#include "report/batch.h"
#include "compare/compare_model.h"
#include "comparison.h"
#include "fixture.h"

static uint64_t state;

static unsigned below(unsigned bound)
{
	return random_below(&state, bound);
}

static unsigned long from_environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

/* Makes another machine of the same kind: some caches and processes have gone or returned. */
static void change(struct fixture *f, struct snapshot *before, unsigned *rounds)
{
	const struct machine m = {42, 1 + below(below(10) ? 8 : 300), below(20), below(3),
				  below(5)};
	struct snapshot after;

	*rounds = below(10) ? *rounds + 1 : 0; /* counts start again from 0 */
	if (*rounds > 6)
		*rounds = 1;
	after = machine_at(&m, *rounds);
	if (m.processes && m.process_caches && below(2)) {
		free(f->walk);
		f->walk = below(2) ? calloc(1, sizeof(*f->walk)) : NULL;
		watch_refill(&after, 4121 + below(2), below(4));
		for (size_t i = 0; i < after.watch.nr; i++) /* a process can write any values */
			if (!below(5))
				after.watch.step[i].a = after.watch.step[i].b =
					after.watch.step[i].slab = random_next(&state);
	}
	/* Some intervals have no length. */
	after.time_ns = before->time_ns + below(3) * 500000000ull;
	fixture_round(f, before, &after);
	if (f->walk)
		refill_walk_update(f->walk, &f->model);
	snapshot_free(before);
	*before = after;
}

static int random_key(void)
{
	static const char letters[] = "abclvnopsuIwmftyxSCMLOWRDVgrr12345667788 +-<>?h/\\jk|zQ~";
	unsigned which = below(10);

	if (which < 6)
		return letters[below(sizeof(letters) - 1)];
	return which < 9 ? (int)(KEY_CODE_UP + below(KEY_CODE_WHEEL_DOWN - KEY_CODE_UP + 1))
			 : (int)below(300);
}

static void resize(struct fixture *f)
{
	f->ui.rows = 1 + (int)below(below(4) ? 60 : 5);
	f->ui.cols = 1 + (int)below(below(4) ? 200 : 12);
	f->ui.utf8 = below(2);
}

static void one_event(struct fixture *f, struct snapshot *before, unsigned *rounds)
{
	unsigned which = below(20);

	if (which == 0)
		resize(f);
	else if (which == 1)
		change(f, before, rounds);
	else if (which < 5)
		ui_click(&f->ui, &f->list, (int)below(70) - 3, (int)below(210) - 3);
	else
		ui_key(&f->ui, &f->list, random_key());
}

/* Returns the place of a screen in the table; fails for a pointer that is not in it. */
#define SCREENS_MOST 32
static size_t number_of(const struct screen *s)
{
	size_t i = 0;

	while (screens_at(i) && screens_at(i) != s)
		i++;
	assert_non_null(screens_at(i));
	assert_true(i < SCREENS_MOST);
	return i;
}

static void nothing_tears_it(void **unused)
{
	unsigned long events = from_environment("MONKEY_EVENTS", 3000);
	struct snapshot before = snapshot_at(0);
	struct fixture f = {0};
	unsigned rounds = 0;
	bool seen[SCREENS_MOST] = {false};

	(void)unused;
	state = from_environment("MONKEY_SEED", 1);
	ui_init(&f.ui, screens_first(false), 24, 80, true, 1);
	change(&f, &before, &rounds);
	fixture_draw(&f);
	for (unsigned long i = 0; i < events; i++) {
		one_event(&f, &before, &rounds);
		f.ui.quit = false;
		fixture_draw(&f);
		assert_untorn(&f.cells, &f.ui);
		assert_true(f.ui.interval_s >= 0.1 && f.ui.interval_s <= 3600);
		seen[number_of(f.ui.screen)] = true;
	}
	for (size_t i = 0; screens_at(i); i++)
		if (!seen[i] && (!screens_at(i)->letter || screens_at(i)->live))
			fail_msg("%s was never opened", screens_at(i)->title);
	fixture_close(&f);
	snapshot_free(&before);
}

/* The same for a comparison, which has other screens. */
static void comparison_neither(void **unused)
{
	unsigned long events = from_environment("MONKEY_EVENTS", 3000);
	struct compare compared = made_up_comparison();
	struct fixture f = {.compare = &compared};
	bool seen[SCREENS_MOST] = {false};

	(void)unused;
	state = from_environment("MONKEY_SEED", 1);
	assert_int_equal(compare_model(&compared, &f.model), 0);
	ui_init(&f.ui, screens_first(true), 24, 80, true, 1);
	f.ui.comparison = true;
	fixture_draw(&f);
	for (unsigned long i = 0; i < events; i++) {
		if (!below(20))
			resize(&f);
		else if (below(5))
			ui_key(&f.ui, &f.list, random_key());
		else
			ui_click(&f.ui, &f.list, (int)below(70) - 3, (int)below(210) - 3);
		f.ui.quit = false;
		fixture_draw(&f);
		assert_untorn(&f.cells, &f.ui);
		seen[number_of(f.ui.screen)] = true;
	}
	for (size_t i = 0; screens_at(i); i++)
		if (screens_at(i)->letter)
			assert_int_equal(seen[i], screens_at(i)->compared);
	fixture_close(&f);
	compare_free(&compared);
}

/* Returns the listed screens of a live machine, again from the first one after the last. */
static const struct screen *live_screen(int i)
{
	const struct screen *s = screens_first(false);

	while (i--)
		s = screens_step(s, 1, false);
	return s;
}

/* The same for text: each screen of any machine. */
static void batch_neither(void **unused)
{
	struct snapshot before = snapshot_at(0);
	struct fixture f = {0};
	unsigned rounds = 0;

	(void)unused;
	state = 3;
	for (int i = 0; i < 60; i++) {
		const struct top_options o = {
			.sort = -1, .screen = live_screen(i), .interval_s = 1};
		struct view v = {
			.model = &f.model, .trend = &f.trend, .list = &f.list, .ui = &f.ui};
		size_t length;
		char *text;

		batch_init(&f.ui, i % 2, o.interval_s);
		preferences_apply(&f.ui, &o);
		change(&f, &before, &rounds);
		cache_list_free(&f.list);
		assert_int_equal(cache_list_make(&f.list, &f.model, &f.trend, &f.ui), 0);
		text = batch_text(&v, &length);
		assert_non_null(text);
		assert_int_equal(strlen(text), length);
		assert_true(length > 2 && !strcmp(text + length - 2, "\n\n"));
		free(text);
	}
	fixture_close(&f);
	snapshot_free(&before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_tears_it),
		cmocka_unit_test(comparison_neither),
		cmocka_unit_test(batch_neither),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("monkey", tests, NULL, NULL);
}
