// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Every screen of a made-up machine, at four sizes, in UTF-8 and ASCII, beside the pictures that are
 * kept in tests/pictures. SCREENS_KEEP=1 draws those anew (look at the difference before it is
 * committed); SCREENS_HTML=FILE puts all of them, with their looks, on one page.
 */
#include <errno.h>
#include <limits.h>
#include <time.h>

#include "compare/compare_model.h"
#include "comparison.h"
#include "fixture.h"

#define ROUNDS 40

static const struct {
	int cols, rows;
} sizes[] = {{40, 10}, {80, 24}, {132, 43}, {200, 60}};

/* What opens the screen: keys from the table on. */
static const struct {
	const char *name, *what;
	int keys[8];
	bool compared; /* of the made-up comparison, which opens Compare */
} pictures[] = {
	{"caches", "Caches", {0}, false},
	{"caches-selected",
	 "Caches, another one selected",
	 {KEY_CODE_DOWN, KEY_CODE_DOWN, 'I'},
	 false},
	{"cpus", "CPUs", {'M'}, false},
	{"cpus-refills", "CPUs, refills by node", {'M', 'm', 'f'}, false},
	{"latency", "Latency", {'L'}, false},
	{"latency-compared",
	 "Latency, beside another one, of the round",
	 {'L', 't', 'x', KEY_CODE_DOWN, KEY_CODE_DOWN, 'y'},
	 false},
	{"origins", "Origins", {'O'}, false},
	{"origins-shares", "Origins, shares", {'O', 'y', KEY_CODE_DOWN}, false},
	{"callers", "Callers", {'W', KEY_CODE_DOWN}, false},
	{"walk", "Walk", {'R', 'r', KEY_CODE_RIGHT, KEY_CODE_RIGHT}, false},
	{"walk-grown",
	 "Walk, a new slab",
	 {'R', 'r', KEY_CODE_RIGHT, KEY_CODE_RIGHT, KEY_CODE_RIGHT, KEY_CODE_RIGHT},
	 false},
	{"doctor", "Doctor", {'D'}, false},
	{"cache", "One cache", {KEY_CODE_ENTER}, false},
	{"setup", "Setup", {KEY_CODE_F1 + 1, KEY_CODE_DOWN, ' '}, false},
	{"help", "Help", {'?'}, false},
	{"compare", "Compare", {0}, true},
	{"compare-unseen",
	 "Compare, a cache whose refills could not be seen",
	 {KEY_CODE_END},
	 true},
	{"compare-latency", "Latency of a comparison", {'L'}, true},
	{"compare-help", "Help in a comparison", {'?'}, true},
};

/* One machine for all pictures: each begins with a user interface of its own. */
static struct fixture machine, comparison;
static struct compare compared;

static struct fixture *open_at(int rows, int cols, bool utf8, bool of_comparison)
{
	struct fixture *f = of_comparison ? &comparison : &machine;

	ui_init(&f->ui, rows, cols, utf8, 1);
	f->ui.comparison = of_comparison;
	if (of_comparison)
		f->ui.screen = f->ui.back = SCREEN_COMPARE;
	fixture_draw(f);
	return f;
}

static void press(struct fixture *f, const int *keys)
{
	for (; *keys; keys++)
		fixture_key(f, *keys);
}

/* Walk shows the cache that is selected there first. */
static void watch(void)
{
	struct snapshot s = snapshot_at(0);
	struct model m = {0};
	struct cache_key key;

	open_at(24, 80, true, false);
	press(&machine, (const int[]){'R', 0});
	key = machine.ui.selected;
	watch_refill(&s, key.side, key.cache);
	m.watch = s.watch;
	machine.walk = calloc(1, sizeof(*machine.walk));
	assert_non_null(machine.walk);
	refill_walk_update(machine.walk, &m);
	snapshot_free(&s);
}

static int start(void **state)
{
	const struct machine m = {42, 8, 16, 2, 3};
	struct snapshot a = machine_at(&m, 0), b;

	(void)state;
	for (unsigned round = 1; round <= ROUNDS; round++) {
		b = machine_at(&m, round);
		fixture_round(&machine, &a, &b);
		snapshot_free(&a);
		a = b;
	}
	snapshot_free(&a);
	watch();
	compared = made_up_comparison();
	comparison.compare = &compared;
	return compare_model(&compared, &comparison.model);
}

static int stop(void **state)
{
	(void)state;
	fixture_close(&machine);
	fixture_close(&comparison);
	compare_free(&compared);
	return 0;
}

/* ---- text ----------------------------------------------------------------------------- */

static void print_text(FILE *to, const struct fixture *f)
{
	fprintf(to, "--- %dx%d %s\n", f->cells.cols, f->cells.rows,
		f->cells.utf8 ? "UTF-8" : "ASCII");
	for (int row = 0; row < f->cells.rows; row++) {
		char *line = cells_row(&f->cells, row);

		assert_non_null(line);
		fprintf(to, "%s\n", line);
		free(line);
	}
}

/* The file's text, or "" where there is none. The caller frees it. */
static char *read_text(const char *path)
{
	FILE *from = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!from || getdelim(&text, &size, '\0', from) < 0) {
		free(text);
		text = strdup("");
	}
	if (from)
		fclose(from);
	assert_non_null(text);
	return text;
}

static void tell_difference(const char *name, const char *was, const char *is)
{
	for (int line = 1; *was || *is; line++) {
		int a = (int)strcspn(was, "\n"), b = (int)strcspn(is, "\n");

		if (a != b || memcmp(was, is, (size_t)a)) {
			fail_msg("tests/pictures/%s.txt, line %d:\n was |%.*s\n is  |%.*s", name,
				 line, a, was, b, is);
		}
		was += a + (was[a] == '\n');
		is += b + (is[b] == '\n');
	}
}

static void screens_are_as_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pictures) / sizeof(*pictures); i++) {
		char path[PATH_MAX], *text = NULL, *kept;
		size_t length;
		FILE *to = open_memstream(&text, &length);

		assert_non_null(to);
		for (size_t size = 0; size < 8; size++) {
			struct fixture *f = open_at(sizes[size / 2].rows, sizes[size / 2].cols,
						    size % 2, pictures[i].compared);

			press(f, pictures[i].keys);
			assert_untorn(&f->cells, &f->ui);
			print_text(to, f);
		}
		fclose(to);
		snprintf(path, sizeof(path), "tests/pictures/%s.txt", pictures[i].name);
		if (getenv("SCREENS_KEEP")) {
			to = fopen(path, "w");
			assert_non_null(to);
			fputs(text, to);
			fclose(to);
		}
		kept = read_text(path);
		tell_difference(pictures[i].name, kept, text);
		free(kept);
		free(text);
	}
}

/* ---- the page ------------------------------------------------------------------------- */

static const char *css_of(enum style style)
{
	static const char *const scale[] = {"#5fafd7", "#5fafd7", "#ddd",    "#ddd",
					    "#d78700", "#d78700", "#ff8700", "#ff5f00"};
	static const char *const heat[] = {"#00005f", "#005f87", "#5f5f87", "#5f8787",
					   "#878787", "#afaf87", "#d7af5f", "#ffd75f"};
	static char css[96];

	if (style >= STYLE_HEAT)
		snprintf(css, sizeof(css), "color:%s;background:%s",
			 style - STYLE_HEAT < 4 ? "#fff" : "#000", heat[style - STYLE_HEAT]);
	else if (style >= STYLE_SCALE)
		snprintf(css, sizeof(css), "color:%s", scale[style - STYLE_SCALE]);
	else
		snprintf(css, sizeof(css), "%s",
			 style == STYLE_HEADING || style == STYLE_SORTED
				 ? "color:#111;background:#ddd"
			 : style == STYLE_SELECTED || style == STYLE_KEY_TEXT || style == STYLE_HERE
				 ? "color:#000;background:#0aa"
			 : style == STYLE_DIM			      ? "color:#888"
			 : style == STYLE_WARN			      ? "color:#cc0"
			 : style == STYLE_BAD			      ? "color:#f44"
			 : style == STYLE_KERNEL		      ? "color:#0cc"
			 : style == STYLE_REFERENCE		      ? "color:#c6c"
			 : style == STYLE_TITLE || style == STYLE_KEY ? "font-weight:bold"
								      : "");
	return css;
}

static void print_html(FILE *to, const struct fixture *f)
{
	fprintf(to, "<pre>");
	for (int i = 0; i < f->cells.rows * f->cells.cols; i++) {
		const struct cell *cell = &f->cells.cell[i];
		const char *text = cell->text;
		bool first = i % f->cells.cols == 0, last = (i + 1) % f->cells.cols == 0;

		if (first || cell->style != cell[-1].style)
			fprintf(to, "<span style=\"%s\">", css_of(cell->style));
		fputs(!strcmp(text, "<") ? "&lt;" : !strcmp(text, "&") ? "&amp;" : text, to);
		if (last || cell->style != cell[1].style)
			fputs("</span>", to);
		if (last)
			fputc('\n', to);
	}
	fprintf(to, "</pre>\n");
}

static void all_on_one_page(void **state)
{
	const char *path = getenv("SCREENS_HTML");
	FILE *to;

	(void)state;
	if (!path)
		return;
	to = fopen(path, "w");
	if (!to)
		fail_msg("%s: %s", path, strerror(errno));
	fprintf(to,
		"<!doctype html><meta charset=utf-8><title>slabscope: all screens</title>\n"
		"<style>body{background:#222;color:#ddd;font-family:sans-serif}pre{background:#000;"
		"color:#ddd;display:inline-block;padding:4px;font:13px/1.2 monospace}</style>\n");
	for (size_t i = 0; i < sizeof(pictures) / sizeof(*pictures); i++) {
		fprintf(to, "<h2>%s</h2>\n", pictures[i].what);
		for (size_t size = 0; size < 8; size++) {
			struct fixture *f = open_at(sizes[size / 2].rows, sizes[size / 2].cols,
						    size % 2, pictures[i].compared);

			press(f, pictures[i].keys);
			fprintf(to, "<h4>%d x %d, %s</h4>", f->cells.cols, f->cells.rows,
				f->cells.utf8 ? "UTF-8" : "ASCII");
			print_html(to, f);
		}
	}
	assert_int_equal(fclose(to), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(screens_are_as_kept),
		cmocka_unit_test(all_on_one_page),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("screens", tests, start, stop);
}
