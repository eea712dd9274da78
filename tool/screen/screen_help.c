// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screen_help.c: the line of keys, and the help that explains keys, columns and letters. */
#include <stdio.h>
#include <string.h>

#include "screen/view.h"

/* ---- the line of keys ----------------------------------------------------------------- */

static const struct {
	const char *key, *text;
	int code, rank; /* the lower, the longer it is shown */
} keys[] = {
	{"F1", "Help", KEY_CODE_F1, 1},	      {"F2", "Setup", KEY_CODE_F1 + 1, 9},
	{"F3", "Search", KEY_CODE_F1 + 2, 4}, {"F4", "Filter", KEY_CODE_F1 + 3, 5},
	{"F5", "Screen", KEY_CODE_F1 + 4, 2}, {"F6", "Sort", KEY_CODE_F1 + 5, 3},
	{"F9", "Side", KEY_CODE_F1 + 8, 8},   {"Enter", "CPUs", KEY_CODE_ENTER, 6},
	{"Space", "Pause", ' ', 7},	      {"+-", "Interval", '+', 10},
	{"F10", "Quit", KEY_CODE_F10, 0},
};
#define KEYS (int)(sizeof(keys) / sizeof(*keys))

static int key_width(int i)
{
	return (int)(strlen(keys[i].key) + strlen(keys[i].text)) + 1;
}

static void put_typing(struct cells *c, const struct ui *ui, int row)
{
	bool search = ui->typing == TYPING_SEARCH;
	int col;

	col = cells_put(c, row, 0, c->cols, STYLE_KEY, search ? "Search: " : "Filter: ");
	col = cells_put(c, row, col, c->cols, STYLE_NORMAL, search ? ui->search : ui->filter);
	col = cells_put(c, row, col, 1, STYLE_SELECTED, " ");
	cells_put(c, row, col, c->cols, STYLE_DIM,
		  search ? "  Enter ends, F3 next, Esc cancels" : "  Enter keeps, Esc shows all");
}

/* What hides rows of the table must not be forgotten: it goes before the keys. */
static int put_hiding(struct cells *c, const struct ui *ui, int row)
{
	char text[UI_TEXT + 32];

	if (!ui->filter[0] && ui->side == SHOW_ALL)
		return 0;
	snprintf(text, sizeof(text), "%s%s%s ",
		 ui->side == SHOW_KERNEL      ? "kernel only "
		 : ui->side == SHOW_REFERENCE ? "reference only "
					      : "",
		 ui->filter[0] ? "filter " : "", ui->filter);
	return cells_put(c, row, 0, c->cols, STYLE_WARN, text);
}

void view_keys(struct cells *c, const struct view *v, int row)
{
	int last = KEYS, col, width;

	if (v->ui->typing != TYPING_NOTHING) {
		put_typing(c, v->ui, row);
		return;
	}
	col = put_hiding(c, v->ui, row);
	do { /* leave out by rank until the line is short enough */
		last--;
		width = 0;
		for (int i = 0; i < KEYS; i++)
			if (keys[i].rank <= last)
				width += key_width(i);
	} while (last > 0 && col + width - 1 > c->cols);
	for (int i = 0; i < KEYS; i++) {
		if (keys[i].rank > last)
			continue;
		ui_zone(v->ui, row, col, key_width(i) - 1, keys[i].code);
		col = cells_put(c, row, col, c->cols, STYLE_KEY, keys[i].key);
		col = cells_put(c, row, col, c->cols, STYLE_KEY_TEXT, keys[i].text) + 1;
	}
}

/* ---- the help ------------------------------------------------------------------------- */

#define TERM_WIDTH 14 /* of what is explained, with a blank */

/* An entry without a term is a paragraph; with neither, a blank line. */
struct entry {
	const char *term, *text;
};

static const struct entry intro[] = {
	{NULL, "slabscope shows how slab allocators refill: which CPU is served by its own "
	       "cache, which one has to take the slow path, what that costs, and where the "
	       "objects came from."},
	{NULL,
	 "n/a: this kernel does not let it be seen ('slabscope doctor' tells why); -: "
	 "nothing happened that could be told. ~: inferred from what each allocation leaves in its "
	 "CPU's cache, for this kernel lets no function be watched."},
	{NULL, NULL},
	{NULL, "Screens, by number or letter:"},
};

static const struct entry help_keys[] = {
	{"Tab F5", "the next screen; Shift-Tab the one before; a click on its name"},
	{"Up Down k j", "select a cache; also PgUp, PgDn, Home, End, the wheel, a click"},
	{"Enter", "all CPUs of the selected cache, and back; a second click, too"},
	{"Esc", "back; on Caches it ends the filter"},
	{"F6 < >", "sort by the next column; < and > go left and right; a click on a heading"},
	{"I", "invert the order"},
	{"/ F3", "search: type a part of a name; F3 the next, Enter ends"},
	{"\\ F4", "filter: show only names that contain what is typed; | between parts; Esc shows "
		  "all"},
	{"S F9", "show both sides, the kernel's, the reference's"},
	{"Space", "pause: the screen, and a recording that is played, stand still"},
	{". ,", "a recording: a round on, or back; it then stands still"},
	{"} {", "a recording: a tenth of it on, or back"},
	{"^ $", "a recording: to its beginning, or its end"},
	{"[ ]", "a recording: half as fast, or twice"},
	{"+ - F8 F7", "longer or shorter rounds"},
	{"m", "CPUs: hit rate, refills a second, p99; Walk: refills that moved slabs, or any"},
	{"g", "Walk: a step a second, or stand still"},
	{"r", "Walk: the newest refill"},
	{"f", "CPUs: fold them by NUMA node (p99 is then that of the worst CPU)"},
	{"Left Right",
	 "CPUs: scroll; Walk: a step back or forward; elsewhere: sort by the column before or after"},
	{"t", "Latency: since the start, or of the round"},
	{"y", "Latency: bars linear or logarithmic; Origins: refills a second, or shares"},
	{"x", "Latency: put the selected cache beside the one selected next"},
	{"F2", "choose columns and colours"},
	{"w", "write the settings: columns, order, screen, interval, colours"},
	{"h ? F1", "this help, and back"},
	{"q Q F10", "quit"},
	{NULL, NULL},
	{NULL, "Columns, the letter that sorts by them as in slabtop, and where they come from:"},
};

static const struct entry outro[] = {
	{NULL, NULL},
	{NULL, "Letters of ORIGIN, where the refills of the round found their objects:"},
	{"s p f", "shared array; partial list; free list"},
	{"c C", "cpu slab; partial slabs of the CPU"},
	{"S b", "spare sheaf; barn"},
	{"r g", "remote node; grown: a new slab from the page allocator"},
	{"! ?", "failed; not explained by the probes"},
	{NULL, NULL},
	{NULL, "allocs = hits + refills + bypasses. A refill is one run of the slow path that "
	       "fills a CPU cache; P50 and P99 are times of refills."},
};

static void page_keys(struct pager *p, const struct view *v)
{
	for (int i = 0; i < SCREENS_LISTED; i++) {
		char term[24];

		if (!screen_is_there(i, v->ui->comparison))
			continue;
		snprintf(term, sizeof(term), "%d %c", i + 1, screens[i].letter);
		view_page(p, term, screens[i].what);
	}
}

static void page_columns(struct pager *p)
{
	for (int i = 0; i < COLUMNS; i++) {
		char term[24], text[160];

		snprintf(term, sizeof(term), "%-9s %c", columns[i].title,
			 columns[i].letter ? columns[i].letter : ' ');
		snprintf(text, sizeof(text), columns[i].from[0] ? "%s (%s)" : "%s",
			 columns[i].meaning, columns[i].from);
		view_page(p, term, text);
	}
}

static void page_entries(struct pager *p, const struct entry *entry, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		view_page(p, entry[i].term, entry[i].text);
}

static void fill(struct pager *p, const struct view *v)
{
	page_entries(p, intro, sizeof(intro) / sizeof(*intro));
	page_keys(p, v);
	page_entries(p, help_keys, sizeof(help_keys) / sizeof(*help_keys));
	page_columns(p);
	page_entries(p, outro, sizeof(outro) / sizeof(*outro));
}

void view_help(struct cells *c, struct view *v, int top, int rows)
{
	view_pages(c, v, top, rows, TERM_WIDTH, fill);
}
