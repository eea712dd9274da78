// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Screens of made-up models, at all sizes, without a terminal; and the effects of keys. */
#include <stdlib.h>
#include <time.h>

#include "command/preferences.h"
#include "report/batch.h"
#include "fabricate.h"
#include "untorn.h"
#include "screen/draw.h"
#include "screen/screens.h"
#include "screen/unfilled.h"
#include "screen/ui_keys.h"
#include "screen/values.h"

static const uint64_t ns[] = {400, 900, 3000, 40000};

struct fixture {
	struct model model;
	struct trend trend;
	struct cache_list list;
	struct ui ui;
	struct cells cells;
};

/* 30 caches of a kernel that shows allocs only, and three of a process that shows everything. */
static void fill(struct snapshot *s, bool busy)
{
	struct snap_side *side = add_side(s, SIDE_KERNEL, 1);
	struct snap_cache *c;
	char name[64];

	for (uint64_t i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "kmalloc-%u", (unsigned)i);
		c = add_cache(side, i, name);
		c->counts_known = COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_FREES);
		c->gauges_known = ALL_GAUGES & ~GAUGE_BIT(GAUGE_CACHED_OBJECTS);
		c->latency_known = false;
		for (uint32_t cpu = 0; cpu < 4; cpu++)
			add_cpu(c, cpu, busy ? 100 * i : 0, ns, 0);
		finish(c);
	}
	side = add_side(s, SIDE_REFERENCE, 4121);
	for (uint64_t i = 0; i < 3; i++) {
		c = add_cache(side, 100 + i,
			      i == 1 ? "\xff\x01 a name that is far too long for any"
			      : i    ? "idle-512"
				     : "steady-64");
		for (uint32_t cpu = 0; cpu < 2 && i < 2; cpu++)
			add_cpu(c, cpu, busy ? 9996 - 2000 * i : 0, ns, busy ? 4 : 0);
		finish(c);
	}
	assert_int_equal(snapshot_add_missing(s, "hits, refills, latency",
					      "this kernel refuses fentry and has no kprobes",
					      "boot another"),
			 0);
}

static void make_model(struct model *m, struct trend *t, bool full)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);

	if (full) {
		fill(&a, false);
		fill(&b, true);
	}
	assert_int_equal(model_make(m, &a, &b), 0);
	assert_int_equal(trend_update(t, m), 0);
	snapshot_free(&a);
	snapshot_free(&b);
}

static void open_fixture(struct fixture *f, int rows, int cols, bool utf8, bool full)
{
	memset(f, 0, sizeof(*f));
	make_model(&f->model, &f->trend, full);
	ui_init(&f->ui, screens_first(false), rows, cols, utf8, 1);
}

static void draw(struct fixture *f)
{
	struct view v = {.model = &f->model, .trend = &f->trend, .list = &f->list, .ui = &f->ui};

	cache_list_free(&f->list);
	assert_int_equal(cache_list_make(&f->list, &f->model, &f->trend, &f->ui), 0);
	assert_int_equal(draw_screen(&f->cells, &v), 0);
}

static void key(struct fixture *f, int k)
{
	ui_key(&f->ui, &f->list, k);
	draw(f);
}

static void close_fixture(struct fixture *f)
{
	cache_list_free(&f->list);
	cells_free(&f->cells);
	trend_free(&f->trend);
	model_free(&f->model);
}

static int find(const struct fixture *f, const char *text)
{
	return find_row(&f->cells, text);
}

static void assert_shows(const struct fixture *f, const char *text)
{
	if (find(f, text) >= 0)
		return;
	for (int row = 0; row < f->cells.rows; row++) {
		char *line = cells_row(&f->cells, row);

		print_message("|%s\n", line);
		free(line);
	}
	fail_msg("the screen does not show '%s'", text);
}

static void assert_hides(const struct fixture *f, const char *text)
{
	if (find(f, text) >= 0)
		fail_msg("the screen shows '%s'", text);
}

static void assert_row(const struct fixture *f, int row, const char *wanted)
{
	char *line = cells_row(&f->cells, row < 0 ? f->cells.rows + row : row);

	assert_string_equal(line, wanted);
	free(line);
}

/* ---- sizes ---------------------------------------------------------------------------- */

static const struct {
	int cols, rows;
} sizes[] = {{40, 10}, {80, 24}, {132, 43}, {200, 60}};

static void sizes_are_filled_and_kept(void **state)
{
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		open_fixture(&f, sizes[i / 2].rows, sizes[i / 2].cols, i % 2, true);
		draw(&f);
		assert_untorn(&f.cells, &f.ui);
		assert_shows(&f, "slabscope");
		assert_shows(&f, "> steady-64"); /* the busiest, selected */
		assert_shows(&f, "ALLOC/s");
		assert_shows(&f, "REFILL/s");
		assert_shows(&f, "n/a: hits, ref");
		assert_shows(&f, "D tells why");
		assert_shows(&f, "cpu0");
		assert_shows(&f, "F10Quit");
		key(&f, KEY_CODE_END);
		assert_untorn(&f.cells, &f.ui);
		assert_shows(&f, "> kmalloc-0"); /* idle, the last of its equals but for the name */
		key(&f, KEY_CODE_ENTER);
		assert_untorn(&f.cells, &f.ui);
		assert_hides(&f, "> kmalloc-0");
		key(&f, KEY_CODE_F1);
		assert_untorn(&f.cells, &f.ui);
		assert_shows(&f, "slabscope shows how");
		close_fixture(&f);
	}
}

static void columns_appear_by_width(void **state)
{
	static const char *const wanted[] = {"HIT%", "P99", "TREND", "OBJ/SLAB"};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		open_fixture(&f, sizes[i].rows, sizes[i].cols, false, true);
		draw(&f);
		for (size_t j = 0; j < 4; j++) {
			if (j <= i)
				assert_shows(&f, wanted[j]);
			else if (strcmp(wanted[j], "P99")) /* the pane has one too */
				assert_hides(&f, wanted[j]);
		}
		close_fixture(&f);
	}
}

static void the_smallest_screen_says_all_that_matters(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, 10, 40, false, true);
	draw(&f);
	assert_row(&f, 0, "slabscope  6.1.0-test  slab        1.0 s");
	assert_row(&f, 1, "n/a: hits, refills, latency; D tells why");
	assert_row(&f, 2, "  CACHE      SIDE ALLOC/s  HIT% REFILL/s");
	assert_row(&f, 3, "> steady-64  ref    20.0k  99.9        8");
	assert_row(&f, 4, "  ?? a name~ ref    16.0k  99.9        8");
	assert_row(&f, 5, "  kmalloc-29 kern   11.6k   n/a      n/a");
	assert_row(&f, 6, "  steady~ ALLOC/s  HIT%  REFILL/s    P99");
	assert_row(&f, 7, "   cpu0     10.0k  99.9         4 40.0us");
	assert_row(&f, 8, "   cpu1     10.0k  99.9         4 40.0us");
	assert_row(&f, 9, "F1Help F3Search F5Screen F6Sort F10Quit");
	close_fixture(&f);
}

/* Returns the screens of a live machine that fit, as the header lists them. */
static const char *line_of_screens(int cols)
{
	static char line[128];
	size_t used = 0;

	for (size_t i = 0; screens_at(i); i++) {
		const struct screen *s = screens_at(i);

		if (!screens_listed(s, false))
			continue;
		if (used + strlen(s->title) + 5 > (size_t)cols)
			break;
		used += (size_t)snprintf(line + used, sizeof(line) - used, " %d %s  ",
					 screens_number(s), s->title);
	}
	while (used && line[used - 1] == ' ')
		line[--used] = 0;
	return line;
}

static void the_usual_screen_row_by_row(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, 24, 80, true, true);
	draw(&f);
	assert_row(&f, 0,
		   "slabscope  6.1.0-test  slab  fentry  own cost 0.0 %              "
		   "22:13:22  1.0 s");
	assert_row(&f, 1, "kernel     30 caches  4500  174k alloc/s  hit n/a  refill n/a");
	assert_row(&f, 2,
		   "reference  redis-server 4121  3 caches  3045  36.0k alloc/s  "
		   "hit 99.9 %");
	assert_row(&f, 3, "n/a: hits, refills, latency; D tells why");
	assert_row(&f, 4, line_of_screens(80));
	assert_row(&f, 5,
		   "  CACHE            SIDE ACTIVE  SIZE    MEM ALLOC/s  HIT% REFILL/s    "
		   "P50    P99");
	assert_row(&f, 6,
		   "> steady-64        ref   1.00k  1000   1005   20.0k  99.9        8  899ns "
		   "40.0µs");
	close_fixture(&f);
}

/* As seen: alloc/s counted dentry and filp, hit and refill/s did not. */
static void sums_say_what_they_leave_out(void **state)
{
	static const char *const names[] = {"dentry", "filp", "idle", "kmalloc-64"};
	const uint32_t few = COUNT_BIT(COUNT_ALLOCS) | COUNT_BIT(COUNT_FREES);
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	struct snap_side *before = add_side(&a, SIDE_KERNEL, 1);
	struct snap_side *after = add_side(&b, SIDE_KERNEL, 1);
	struct fixture f;

	(void)state;
	for (uint64_t i = 0; i < 4; i++) {
		add_cache(before, i, names[i]);
		add_cpu(add_cache(after, i, names[i]), 0, i == 2 ? 0 : 900, ns, i == 2 ? 0 : 4);
		if (i < 3)
			after->cache[i].counts_known = few;
		finish(&after->cache[i]);
	}
	open_fixture(&f, 24, 132, true, false);
	model_free(&f.model);
	assert_int_equal(model_make(&f.model, &a, &b), 0);
	draw(&f);
	assert_row(&f, 1,
		   "kernel     4 caches  80  2.71k alloc/s  hit 99.5 %  4 refill/s  "
		   "hit, refill without 2 caches  p50 899ns  p99 40.0µs");
	f.ui.cols = 76;
	draw(&f);
	assert_row(&f, 1, "kernel     4 caches  80  2.71k alloc/s  hit 99.5 %  4 refill/s  2 n/a");
	close_fixture(&f);
	snapshot_free(&a);
	snapshot_free(&b);
}

/* Inferred values have a mark on every screen, and no other value has one. */
static void what_is_inferred_is_marked(void **state)
{
	const uint32_t counts = COUNT_BIT(COUNT_HITS) | COUNT_BIT(COUNT_REFILLS);
	struct fixture f;

	(void)state;
	open_fixture(&f, 24, 80, true, true);
	for (size_t i = 0; i < f.model.nr_sides; i++) {
		struct model_side *side = &f.model.side[i];

		if (side->kind != SIDE_REFERENCE)
			continue;
		side->traffic.inferred = counts;
		for (size_t c = 0; c < side->nr_caches; c++) {
			side->cache[c].traffic.inferred = counts;
			for (size_t n = 0; n < side->cache[c].nr_cpus; n++)
				side->cache[c].cpu[n].traffic.inferred = counts;
		}
	}
	draw(&f);
	assert_row(&f, 1, "kernel     30 caches  4500  174k alloc/s  hit n/a  refill n/a");
	assert_row(&f, 2,
		   "reference  redis-server 4121  3 caches  3045  36.0k alloc/s  "
		   "hit ~99.9 %");
	assert_row(&f, 6,
		   "> steady-64        ref   1.00k  1000   1005   20.0k ~99.9       ~8  899ns "
		   "40.0µs");
	assert_shows(&f, "10.0k ~99.9 |");
	assert_shows(&f, "|        ~4  899ns");
	key(&f, 'M');
	assert_shows(&f, "~99.9   ~99.9");
	key(&f, 'm');
	assert_shows(&f, "~4      ~4");
	key(&f, 'O');
	assert_shows(&f, "~8 ");
	key(&f, 'R');
	assert_shows(&f, "~8 ");
	key(&f, 'D');
	assert_shows(&f, "allocs, frees, ~hits, ~refills, bypasses");
	key(&f, KEY_CODE_F1);
	assert_shows(&f, "~: inferred");
	close_fixture(&f);
}

/* From no room at all to a large screen: no screen writes outside of its cells. */
static void any_size_is_survived(void **state)
{
	static const int keys[] = {KEY_CODE_END, KEY_CODE_ENTER, KEY_CODE_F1, KEY_CODE_F1, '/',
				   'x',		 KEY_CODE_ESCAPE};
	struct fixture f;

	(void)state;
	for (int rows = 1; rows < 30; rows++) {
		for (int cols = 1; cols < 140; cols += cols < 40 ? 1 : 7) {
			open_fixture(&f, rows, cols, rows % 2, cols % 3);
			draw(&f);
			for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
				key(&f, keys[i]);
				assert_untorn(&f.cells, &f.ui);
			}
			close_fixture(&f);
		}
	}
}

static void nothing_to_show_is_said(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, 24, 80, true, false);
	draw(&f);
	assert_hides(&f, "reference  ");
	assert_shows(&f, "not observed");
	assert_shows(&f, "no caches: neither a kernel nor a process with libslab");
	key(&f, KEY_CODE_DOWN);
	key(&f, KEY_CODE_ENTER);
	key(&f, '/');
	key(&f, 'x');
	assert_untorn(&f.cells, &f.ui);
	close_fixture(&f);
}

/*
 * As seen on a kernel without fentry and kprobes: most columns and screens had nothing but n/a, and
 * the line that said why was cut.
 */
static void what_nothing_fills_is_left_out(void **state)
{
	static const char *const left_out[] = {"SIDE",	 "PID",	     "P50", "P99",
					       "ORIGIN", "REFILL/s", "HIT", "CACHED"};
	static const int dimmed[] = {'L', 'O', 'W', 'R'};
	const struct snap_missing missing[] = {
		{"kernel large kmallocs, bulk calls, refills, hits, latency, origins, grows, "
		 "flushes, list moves, callers",
		 "this kernel refuses fentry (EPERM) and has no kprobes", "use another kernel"},
		{"another", "because", ""},
	};
	struct fixture f;

	(void)state;
	open_fixture(&f, 24, 80, true, true);
	f.model.nr_sides = 1; /* the kernel alone */
	free(f.model.missing);
	f.model.missing = (struct snap_missing *)missing;
	f.model.nr_missing = 2;
	draw(&f);
	assert_row(&f, 1, "kernel     30 caches  4500  174k alloc/s  hit n/a  refill n/a");
	assert_row(
		&f, 2,
		"n/a: kernel large kmallocs, bulk calls, refills, hits, ...; 1 more; D tells why");
	f.model.side[0].traffic.inferred = COUNT_BIT(COUNT_HITS);
	draw(&f);
	assert_row(&f, 2,
		   "n/a: kernel large kmallocs, bulk calls, ...; ~: inferred; 1 more; D tells why");
	for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++)
		assert_int_not_equal(find(&f, left_out[i]), 4);
	assert_row(&f, 4,
		   "  CACHE            OBJECTS ACTIVE  SIZE    MEM GROW/min ALLOC/s  FREE/s TREND");
	for (size_t i = 0; i < sizeof(dimmed) / sizeof(*dimmed); i++) {
		const struct screen *s = screens_of_key(dimmed[i], false);
		struct view v = {.model = &f.model, .ui = &f.ui};

		assert_true(unfilled_is(s, &v));
		key(&f, dimmed[i]);
		assert_shows(&f, s->title);
		if (dimmed[i] == 'R') {
			assert_shows(&f, "Walk: only the reference shows steps");
			continue;
		}
		assert_shows(&f, "not available here");
		assert_shows(&f, "this kernel refuses fentry (EPERM) and has no kprobes");
		assert_shows(&f, "use another kernel");
	}
	key(&f, 'n');
	for (int i = 0; i < 2 * COLUMNS; i++) {
		key(&f, '>');
		assert_int_not_equal(f.ui.sort, COLUMN_P99);
		assert_int_not_equal(f.ui.sort, COLUMN_SIDE);
	}
	f.model.missing = NULL;
	f.model.nr_missing = 0;
	f.model.nr_sides = 2;
	close_fixture(&f);
}

/* ---- selection ------------------------------------------------------------------------ */

static void the_selection_sticks_to_its_cache(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, 24, 80, false, true);
	draw(&f);
	key(&f, 'j');
	key(&f, 'j');
	assert_shows(&f, "> kmalloc-29");
	key(&f, 'F');
	key(&f, 'n'); /* sorted by name it has another row */
	assert_shows(&f, "> kmalloc-29");
	key(&f, 'I');
	assert_shows(&f, "> kmalloc-29");
	for (size_t i = 0; i < f.model.side[0].nr_caches; i++)
		if (!strcmp(f.model.side[0].cache[i].name, "kmalloc-29"))
			f.model.side[0].cache[i].id = 999; /* another cache replaces it */
	draw(&f);
	assert_true(f.ui.selected_any);
	assert_shows(&f, "> "); /* its old row */
	close_fixture(&f);
}

/* Before the first sample all rates are unknown: the first cache by name is not selected. */
/* A second that is a little shorter or longer looks the same. */
static void the_interval_does_not_flicker(void **state)
{
	static const double seconds[] = {0.988, 0.996, 1, 1.004, 1.012};
	struct fixture f;

	(void)state;
	open_fixture(&f, 24, 80, false, true);
	for (size_t i = 0; i < sizeof(seconds) / sizeof(*seconds); i++) {
		f.model.interval_s = seconds[i];
		draw(&f);
		assert_shows(&f, "  1.0 s");
	}
	close_fixture(&f);
}

/* Text that does not fit says so, and how to see the rest. */
static void long_text_says_that_it_scrolls(void **state)
{
	static const int keys[] = {'D', KEY_CODE_F1};
	struct fixture f;

	(void)state;
	open_fixture(&f, 10, 40, false, true);
	for (size_t i = 0; i < 2; i++) {
		key(&f, keys[i]);
		assert_shows(&f, "lines 1 to ");
		assert_shows(&f, ": arrows scroll");
		key(&f, KEY_CODE_DOWN);
		assert_shows(&f, "lines 2 to ");
	}
	f.ui.rows = 400;
	draw(&f);
	assert_hides(&f, "arrows scroll");
	close_fixture(&f);
}

static void the_first_round_chooses(void **state)
{
	struct fixture f;
	double interval;

	(void)state;
	open_fixture(&f, 24, 80, false, true);
	interval = f.model.interval_s;
	f.model.interval_s = 0;
	draw(&f);
	assert_shows(&f, "waiting for the first sample");
	assert_false(f.ui.selected_any);
	f.model.interval_s = interval;
	draw(&f);
	assert_shows(&f, "> steady-64");
	close_fixture(&f);
}

static void every_row_can_be_reached(void **state)
{
	struct fixture f;
	size_t last;

	(void)state;
	open_fixture(&f, 10, 40, false, true);
	draw(&f);
	last = f.list.nr - 1;
	for (size_t i = 0; i < last; i++) {
		key(&f, KEY_CODE_DOWN);
		assert_int_equal(f.ui.selected_row, i + 1);
		assert_shows(&f, "> ");
	}
	key(&f, KEY_CODE_DOWN);
	assert_int_equal(f.ui.selected_row, last);
	key(&f, KEY_CODE_HOME);
	assert_int_equal(f.ui.selected_row, 0);
	key(&f, KEY_CODE_PAGE_DOWN);
	assert_int_equal(f.ui.selected_row, 2); /* three rows, one of them stays visible */
	key(&f, KEY_CODE_END);
	assert_int_equal(f.ui.selected_row, last);
	key(&f, KEY_CODE_PAGE_UP);
	assert_int_equal(f.ui.selected_row, last - 2);
	close_fixture(&f);
}

/* ---- keys ----------------------------------------------------------------------------- */

static void typing(struct fixture *f, const char *text)
{
	for (; *text; text++)
		key(f, *text);
}

static void search_finds_and_goes_on(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, 24, 80, false, true);
	draw(&f);
	key(&f, '/');
	typing(&f, "LOC-1");
	assert_shows(&f, "> kmalloc-19"); /* the busiest of kmalloc-1, -10 ... -19 */
	assert_shows(&f, "Search: LOC-1");
	key(&f, KEY_CODE_F1 + 2);
	assert_shows(&f, "> kmalloc-18");
	key(&f, KEY_CODE_ENTER);
	assert_shows(&f, "> kmalloc-18");
	assert_shows(&f, "F1Help");
	key(&f, '/');
	key(&f, KEY_CODE_ENTER); /* once more */
	assert_shows(&f, "> kmalloc-17");
	key(&f, '/');
	typing(&f, "nowhere");
	assert_shows(&f, "no cache name here contains 'nowhere'");
	assert_shows(&f, "> kmalloc-17");
	assert_false(f.ui.quit); /* a q that is typed is a letter */
	key(&f, 'q');
	assert_false(f.ui.quit);
	key(&f, KEY_CODE_ESCAPE);
	key(&f, 'q');
	assert_true(f.ui.quit);
	close_fixture(&f);
}

static void filters_hide(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, 24, 80, false, true);
	draw(&f);
	key(&f, '\\');
	typing(&f, "idle");
	assert_int_equal(f.list.nr, 1);
	assert_shows(&f, "> idle-512");
	typing(&f, "-nothing");
	assert_shows(&f, "no cache name contains 'idle-nothing'");
	key(&f, KEY_CODE_ENTER);
	assert_shows(&f, "filter idle-nothing");
	key(&f, KEY_CODE_ESCAPE);
	assert_int_equal(f.list.nr, 33);
	key(&f, 'S');
	assert_int_equal(f.list.nr, 30);
	assert_shows(&f, "kernel only");
	key(&f, 'S');
	assert_int_equal(f.list.nr, 3);
	key(&f, 'S');
	assert_int_equal(f.list.nr, 33);
	close_fixture(&f);
}

static void sorting_follows_the_letters(void **state)
{
	static const struct {
		int key;
		enum column column;
	} letters[] = {{'a', COLUMN_ACTIVE}, {'b', COLUMN_PER_SLAB}, {'c', COLUMN_MEM},
		       {'l', COLUMN_SLABS},  {'n', COLUMN_CACHE},    {'o', COLUMN_OBJECTS},
		       {'s', COLUMN_SIZE},   {'u', COLUMN_USE},	     {'v', COLUMN_ACTIVE_SLABS},
		       {'p', COLUMN_PAGES}};
	struct fixture f;

	(void)state;
	open_fixture(&f, 24, 80, false, true);
	draw(&f);
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++) {
		key(&f, letters[i].key);
		assert_int_equal(f.ui.sort, letters[i].column);
		draw(&f);
		assert_shows(&f,
			     columns[letters[i].column].title); /* the column that sorts is shown */
		for (size_t j = 1; j < f.list.nr; j++)
			assert_true(columns_compare(f.ui.sort, &f.list.row[j - 1], &f.list.row[j],
						    1, f.ui.sort != COLUMN_CACHE) < 0);
	}
	for (int i = 0; i < COLUMNS; i++) { /* once around, without columns that cannot sort */
		key(&f, '>');
		assert_true(columns[f.ui.sort].sorts);
	}
	close_fixture(&f);
}

/* What is counted on request only: frees where their column fits, flushes where they are drawn. */
static void a_screen_says_what_it_shows(void **state)
{
	const uint32_t frees = COUNT_BIT(COUNT_FREES), flushes = COUNT_BIT(COUNT_FLUSHES);
	const struct cache_list uncounted = {.unfilled = COLUMN_BIT(COLUMN_FREES)};
	const struct cache_list none = {.unfilled = 0};
	struct ui ui;

	(void)state;
	batch_init(&ui, true, 1);
	ui.cols = 80;
	assert_int_equal(screen_caches.counts(&ui, &none), 0);
	ui.cols = 250;
	assert_int_equal(screen_caches.counts(&ui, &none), frees);
	/* It comes to be filled when it is counted. */
	assert_int_equal(screen_caches.counts(&ui, &uncounted), frees);
	ui.hidden = COLUMN_BIT(COLUMN_FREES);
	assert_int_equal(screen_caches.counts(&ui, &none), 0);
	ui_init(&ui, &screen_caches, 40, 80, true, 1);
	assert_int_equal(screen_caches.counts(&ui, &none), flushes);
	ui.sort = COLUMN_FREES; /* the column one sorts by is always shown */
	assert_int_equal(screen_caches.counts(&ui, &none), flushes | frees);
	assert_int_equal(screen_cache.counts(&ui, &none), flushes);
}

/* columns_choose() forgets a column of a wrong rank, or one that shares its rank. */
static void each_column_has_a_rank_of_its_own(void **state)
{
	int of_rank[COLUMNS + 1] = {COLUMN_CACHE}; /* or 0: free */

	(void)state;
	for (int i = 0; i < COLUMNS; i++) {
		const struct column_info *column = &columns[i];

		if (!column->title)
			fail_msg("column %d of enum column has no row in columns.c", i);
		if (i == COLUMN_CACHE) {
			assert_int_equal(column->rank, 0);
			continue;
		}
		if (column->rank < 1 || column->rank > COLUMNS)
			fail_msg("%s has the rank %d: it must be from 1 to %d, or no screen shows "
				 "the column",
				 column->title, column->rank, COLUMNS);
		if (of_rank[column->rank])
			fail_msg("%s and %s have the same rank %d: no screen shows the first",
				 columns[of_rank[column->rank]].title, column->title, column->rank);
		of_rank[column->rank] = i;
	}
}

/* What limits the counts, and what is missing from them, is in the title, in words. */
static void the_title_has_scope_and_losses(void **state)
{
	struct top_options o = {.sort = -1, .interval_s = 1, .invert = true, .filter = "kmalloc"};
	char *globs[] = {"filp", "kmalloc-*", NULL};
	struct fixture f;

	(void)state;
	open_fixture(&f, 24, 132, false, true);
	o.choice.pid = 17;
	o.choice.glob = globs;
	o.choice.nr_globs = 2;
	preferences_apply(&f.ui, &o);
	f.model.lost = 3000;
	f.model.unpaired = 1;
	draw(&f);
	assert_row(&f, 0,
		   "slabscope  3.00k events lost, 1 refill half seen  -p 17 -c filp,kmalloc-*  "
		   "6.1.0-test  slab  fentry  own cost 0.0 %  22:13:22  1.0 s");
	assert_true(f.ui.invert);
	assert_int_equal(f.list.nr, 30); /* of the kernel alone */
	close_fixture(&f);
}

static void columns_have_unique_prefixes(void **state)
{
	static const struct {
		const char *text;
		int column;
	} cases[] = {{"hit", COLUMN_HIT},	{"p5", COLUMN_P50}, {"ref", COLUMN_REFILLS},
		     {"p", COLUMN_PAGES},	{"P9", COLUMN_P99}, {"bypass", COLUMN_BYPASSES},
		     {"c", COLUMN_MEM},		{"ca", -1},	    {"ACT", COLUMN_ACTIVE},
		     {"SLABS", COLUMN_SLABS},	{"", -1},	    {"hit%%", -1},
		     {"alloc/s", COLUMN_ALLOCS}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(columns_find(cases[i].text), cases[i].column);
}

/* Unknown values are last in both directions. */
static void unknown_comes_last(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, 24, 80, false, true);
	f.ui.sort = COLUMN_REFILLS;
	for (int invert = 0; invert < 2; invert++) {
		f.ui.invert = invert;
		draw(&f);
		for (size_t i = 0; i < f.list.nr; i++)
			assert_int_equal(f.list.row[i].side->kind,
					 i < 3 ? SIDE_REFERENCE : SIDE_KERNEL);
	}
	close_fixture(&f);
}

static void intervals_stay_in_bounds(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, 24, 80, false, true);
	draw(&f);
	key(&f, '-');
	assert_true(f.ui.interval_s == 0.5);
	for (int i = 0; i < 20; i++)
		key(&f, '-');
	assert_true(f.ui.interval_s == 0.1);
	for (int i = 0; i < 40; i++)
		key(&f, '+');
	assert_true(f.ui.interval_s == 3600);
	assert_shows(&f, "interval: 3600 s");
	key(&f, ' ');
	assert_true(f.ui.paused);
	assert_shows(&f, "paused");
	close_fixture(&f);
}

/* A small pane counts the CPUs that do not fit, and the screen of one cache scrolls to them. */
static void all_cpus_can_be_seen(void **state)
{
	struct snapshot a = snapshot_at(1), b = snapshot_at(2);
	struct snap_cache *c = add_cache(add_side(&b, SIDE_KERNEL, 1), 1, "filp");
	struct fixture f = {0};

	(void)state;
	for (uint32_t cpu = 0; cpu < 100; cpu++)
		add_cpu(c, cpu, 1000, ns, 4);
	finish(c);
	assert_int_equal(model_make(&f.model, &a, &b), 0);
	ui_init(&f.ui, screens_first(false), 24, 80, false, 1);
	draw(&f);
	assert_shows(&f, "more: Enter");
	assert_shows(&f, "shared 200/s  grown 200/s");
	assert_hides(&f, "cpu99");
	key(&f, KEY_CODE_ENTER);
	assert_shows(&f, "cpu0");
	key(&f, KEY_CODE_END);
	assert_shows(&f, "cpu99");
	assert_untorn(&f.cells, &f.ui);
	key(&f, KEY_CODE_HOME);
	assert_shows(&f, "cpu0");
	key(&f, KEY_CODE_ESCAPE);
	assert_shows(&f, "> filp");
	close_fixture(&f);
	snapshot_free(&a);
	snapshot_free(&b);
}

static void help_tells_every_column_and_letter(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, 100, 80, false, true);
	draw(&f);
	key(&f, '?');
	for (int i = 0; i < COLUMNS; i++)
		assert_shows(&f, columns[i].title);
	for (int i = 0; i < ORIGINS; i++) {
		char line[80];

		snprintf(line, sizeof(line), "%c             %s", origin_rows[i].letter,
			 origin_rows[i].what);
		assert_shows(&f, line);
	}
	key(&f, 'h');
	assert_hides(&f, "slabscope shows how");
	f.ui.rows = 10;
	f.ui.cols = 40;
	key(&f, '?');
	assert_hides(&f, "bypasses.");
	key(&f, KEY_CODE_END);
	assert_shows(&f, "of refills.");
	close_fixture(&f);
}

/* ---- batch ---------------------------------------------------------------------------- */

static void batch_is_plain_text(void **state)
{
	struct model m;
	struct trend t = {0};
	struct ui ui;
	struct cache_list list;
	struct view v = {.model = &m, .trend = &t, .list = &list, .ui = &ui};
	const struct top_options o = {.sort = -1, .interval_s = 1};
	size_t length = 0;
	char *text;

	(void)state;
	make_model(&m, &t, true);
	batch_init(&ui, false, o.interval_s);
	preferences_apply(&ui, &o);
	assert_int_equal(cache_list_make(&list, &m, &t, &ui), 0);
	text = batch_text(&v, &length);
	assert_non_null(text);
	assert_int_equal(strlen(text), length);
	assert_non_null(strstr(text, "kernel     30 caches"));
	assert_non_null(strstr(text, "reference  redis-server 4121"));
	assert_non_null(strstr(text, "  steady-64 "));
	assert_non_null(strstr(text, "  2 caches without events\n\n"));
	assert_null(strstr(text, "idle-512"));
	/* No name is cut. */
	assert_non_null(strstr(text, "  ?? a name that is far too long for any ref "));
	for (size_t i = 0; i < length; i++)
		assert_true(text[i] == '\n' || (text[i] >= ' ' && text[i] < 127));
	cache_list_free(&list);
	free(text);
	model_free(&m);
	trend_free(&t);
}

/* As seen: "235 caches without events" and no table, where counts are unknown. */
static void batch_lists_caches_with_unknown_counts(void **state)
{
	struct fixture f;
	struct view v = {.model = &f.model, .trend = &f.trend, .list = &f.list, .ui = &f.ui};
	size_t length = 0;
	char *text;

	(void)state;
	assert_int_equal(setenv("COLUMNS", "61", 1), 0);
	open_fixture(&f, 24, 80, false, true);
	batch_init(&f.ui, false, 1);
	assert_int_equal(f.ui.cols, 61);
	f.model.nr_sides = 1;
	for (size_t i = 0; i < f.model.side[0].nr_caches; i++)
		f.model.side[0].cache[i].traffic = (struct traffic){.known = 0};
	assert_int_equal(cache_list_make(&f.list, &f.model, &f.trend, &f.ui), 0);
	text = batch_text(&v, &length);
	assert_non_null(text);
	assert_null(strstr(text, "without events"));
	assert_non_null(strstr(text, "\n  kmalloc-29 "));
	assert_non_null(strstr(text, "\n  kmalloc-0 "));
	for (const char *line = text; line < text + length; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 61);
	free(text);
	unsetenv("COLUMNS");
	f.model.nr_sides = 2;
	close_fixture(&f);
}

/* A doubt takes digits; there is no ± without UTF-8, and never 100 of what is less. */
static void doubts_take_digits(void **state)
{
	static const struct {
		double rate;
		uint64_t doubtful;
		const char *narrow, *wide;
	} row[] = {
		{0.982, 0, "~98.2", "~98.2"},	  {0.982, 40, "~98.2", "~98.2"},
		{0.982, 500, "~98", "~98 ±0.5"},  {0.987, 600, "~99", "~99 ±0.6"},
		{0.998, 1000, "~99", "~99 ±1.0"}, {1, 700, "~100", "~100 ±0.7"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct traffic t = {.inferred = COUNT_BIT(COUNT_HITS),
				    .hit_rate = row[i].rate,
				    .doubtful = row[i].doubtful};

		t.count[COUNT_ALLOCS] = 100000;
		assert_string_equal(values_hit(&t).text, row[i].narrow);
		assert_string_equal(values_hit_doubt(&t, true).text, row[i].wide);
		assert_null(strstr(values_hit_doubt(&t, false).text, "±"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_filled_and_kept),
		cmocka_unit_test(doubts_take_digits),
		cmocka_unit_test(columns_appear_by_width),
		cmocka_unit_test(the_smallest_screen_says_all_that_matters),
		cmocka_unit_test(the_usual_screen_row_by_row),
		cmocka_unit_test(sums_say_what_they_leave_out),
		cmocka_unit_test(what_is_inferred_is_marked),
		cmocka_unit_test(any_size_is_survived),
		cmocka_unit_test(nothing_to_show_is_said),
		cmocka_unit_test(what_nothing_fills_is_left_out),
		cmocka_unit_test(the_selection_sticks_to_its_cache),
		cmocka_unit_test(the_interval_does_not_flicker),
		cmocka_unit_test(long_text_says_that_it_scrolls),
		cmocka_unit_test(the_first_round_chooses),
		cmocka_unit_test(every_row_can_be_reached),
		cmocka_unit_test(search_finds_and_goes_on),
		cmocka_unit_test(filters_hide),
		cmocka_unit_test(sorting_follows_the_letters),
		cmocka_unit_test(each_column_has_a_rank_of_its_own),
		cmocka_unit_test(the_title_has_scope_and_losses),
		cmocka_unit_test(columns_have_unique_prefixes),
		cmocka_unit_test(unknown_comes_last),
		cmocka_unit_test(intervals_stay_in_bounds),
		cmocka_unit_test(all_cpus_can_be_seen),
		cmocka_unit_test(a_screen_says_what_it_shows),
		cmocka_unit_test(help_tells_every_column_and_letter),
		cmocka_unit_test(batch_is_plain_text),
		cmocka_unit_test(batch_lists_caches_with_unknown_counts),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
