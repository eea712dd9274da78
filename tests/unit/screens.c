// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Every screen of a made-up machine, at four sizes, in UTF-8 and ASCII, beside the pictures that
 * are kept in tests/pictures. SCREENS_KEEP=1 draws those anew (look at the difference before it is
 * committed); SCREENS_HTML=FILE puts all of them, with their looks, on one page; SCREENS_ANSI=DIR
 * writes one size of each as text with escape sequences.
 */
#include <errno.h>
#include <limits.h>
#include <time.h>

#include "compare/compare_model.h"
#include "comparison.h"
#include "fixture.h"

#define ROUNDS 70 /* seconds: enough for GROW/min */

static const struct {
	int cols, rows;
} sizes[] = {{40, 10}, {80, 24}, {132, 43}, {200, 60}};

/* The keys that open each screen from Caches. */
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
	 "Latency, beside another one, of the interval",
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
	{"sort", "Sort", {KEY_CODE_F1 + 5, KEY_CODE_DOWN}, false},
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

	ui_init(&f->ui, screens_first(of_comparison), rows, cols, utf8, 1);
	f->ui.comparison = of_comparison;
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

/* Returns the text of a file, or "" if there is none. The caller frees it. */
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

/* The looks of a style: colours as 0xRRGGBB, or DEFAULT. */
#define DEFAULT 0xffffffffu
struct look {
	unsigned fg, bg;
	bool bold;
};

static struct look look_of(enum style style)
{
	static const unsigned scale[] = {0x5fafd7, 0x5fafd7, 0xdddddd, 0xdddddd,
					 0xd78700, 0xd78700, 0xff8700, 0xff5f00};
	static const unsigned heat[] = {0x00005f, 0x005f87, 0x5f5f87, 0x5f8787,
					0x878787, 0xafaf87, 0xd7af5f, 0xffd75f};

	if (style >= STYLE_HEAT)
		return (struct look){style - STYLE_HEAT < 4 ? 0xffffff : 0,
				     heat[style - STYLE_HEAT], false};
	if (style >= STYLE_SCALE)
		return (struct look){scale[style - STYLE_SCALE], DEFAULT, false};
	switch (style) {
	case STYLE_HEADING:
	case STYLE_SORTED:
		return (struct look){0x111111, 0xdddddd, false};
	case STYLE_SELECTED:
	case STYLE_KEY_TEXT:
	case STYLE_HERE:
		return (struct look){0, 0x00aaaa, false};
	case STYLE_DIM:
		return (struct look){0x888888, DEFAULT, false};
	case STYLE_WARN:
		return (struct look){0xcccc00, DEFAULT, false};
	case STYLE_BAD:
		return (struct look){0xff4444, DEFAULT, false};
	case STYLE_KERNEL:
		return (struct look){0x00cccc, DEFAULT, false};
	case STYLE_REFERENCE:
		return (struct look){0xcc66cc, DEFAULT, false};
	case STYLE_TITLE:
	case STYLE_KEY:
		return (struct look){DEFAULT, DEFAULT, true};
	default:
		return (struct look){DEFAULT, DEFAULT, false};
	}
}

static const char *css_of(enum style style)
{
	const struct look look = look_of(style);
	static char css[96];
	int at = 0;

	css[0] = 0;
	if (look.fg != DEFAULT)
		at += snprintf(css, sizeof(css), "color:#%06x;", look.fg);
	if (look.bg != DEFAULT)
		at += snprintf(css + at, sizeof(css) - at, "background:#%06x;", look.bg);
	if (look.bold)
		snprintf(css + at, sizeof(css) - at, "font-weight:bold");
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

/* ---- text with escape sequences, of which `make pictures` makes docs/pictures -------------- */

static void print_ansi_colour(FILE *to, int kind, unsigned rgb)
{
	if (rgb != DEFAULT)
		fprintf(to, ";%d;2;%u;%u;%u", kind, rgb >> 16, rgb >> 8 & 0xff, rgb & 0xff);
}

static void print_ansi(FILE *to, const struct fixture *f)
{
	for (int i = 0; i < f->cells.rows * f->cells.cols; i++) {
		const struct cell *cell = &f->cells.cell[i];
		const struct look look = look_of(cell->style);
		bool first = i % f->cells.cols == 0, last = (i + 1) % f->cells.cols == 0;

		if (first || cell->style != cell[-1].style) {
			fputs(look.bold ? "\033[0;1" : "\033[0", to);
			print_ansi_colour(to, 38, look.fg);
			print_ansi_colour(to, 48, look.bg);
			fputc('m', to);
		}
		fputs(cell->text, to);
		if (last)
			fputs("\033[0m\n", to);
	}
}

static void one_file_a_picture(void **state)
{
	const char *folder = getenv("SCREENS_ANSI");
	char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; folder && i < sizeof(pictures) / sizeof(*pictures); i++) {
		struct fixture *f = open_at(30, 120, true, pictures[i].compared);
		FILE *to;

		press(f, pictures[i].keys);
		snprintf(path, sizeof(path), "%s/%s.ansi", folder, pictures[i].name);
		to = fopen(path, "w");
		if (!to)
			fail_msg("%s: %s", path, strerror(errno));
		print_ansi(to, f);
		assert_int_equal(fclose(to), 0);
	}
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
		cmocka_unit_test(one_file_a_picture),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("screens", tests, start, stop);
}
