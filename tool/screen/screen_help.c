// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screen_help.c: the help: screens, keys, columns and letters. */
#include <stdio.h>

#include "screen/pager.h"
#include "screen/screens.h"

#define TERM_WIDTH 14 /* of a term, with a blank */

/* An entry without a term is a paragraph; with neither, a blank line. */
struct entry {
	const char *term, *text;
};

static const struct entry intro[] = {
	{NULL, "slabscope shows how slab allocators refill: which CPU is served by its own "
	       "cache, which one has to take the slow path, what that costs, and where the "
	       "objects came from."},
	{NULL,
	 "n/a: not available on this kernel ('slabscope doctor' explains why). -: there were no "
	 "events to compute it from. ~: inferred from what each allocation leaves in the cache of "
	 "its CPU, because this kernel does not allow function tracing."},
	{NULL, NULL},
	{NULL, "Screens, by number or letter:"},
};

static const struct entry help_keys[] = {
	{"Tab F5", "the next screen; Shift-Tab the one before; a click on its name"},
	{"Up Down k j", "select a cache; also PgUp, PgDn, Home, End, the wheel, a click"},
	{"Enter", "all CPUs of the selected cache, and back; also a second click"},
	{"Esc", "back; on Caches it ends the filter"},
	{"F6", "choose the column to sort by from a menu"},
	{"< >", "sort by the column to the left or right; a click on a heading"},
	{"Left Right", "sort by the column before or after"},
	{"I", "invert the order"},
	{"/ F3", "search: type a part of a name; F3 the next, Enter ends"},
	{"\\ F4", "filter: show only names that contain what is typed; | between parts; Esc shows "
		  "all"},
	{"i", "hide idle caches, or show them"},
	{"F",
	 "follow the selected cache: sorting, filtering and sides keep it selected; F or moving "
	 "ends it"},
	{"S F9", "show both sides, only the kernel, only the reference"},
	{"Space", "pause: the screen, and a recording that is played, stand still"},
	{". ,", "a recording: an interval on, or back; it then stands still"},
	{"} {", "a recording: a tenth of it on, or back"},
	{"^ $", "a recording: to its beginning, or its end"},
	{"[ ]", "a recording: half as fast, or twice"},
	{"+ - F8 F7", "a longer or shorter interval"},
	{"F2", "choose columns and colours"},
	{"w", "write the settings: columns, order, screen, interval, colours"},
	{"h ? F1", "this help, and back"},
	{"q Q F10", "quit; in the help q goes back"},
};

static const struct entry before_columns[] = {
	{NULL, NULL},
	{NULL, "Columns, the letter that sorts by them as in slabtop, and where they come from:"},
};

static const struct entry before_origins[] = {
	{NULL, NULL},
	{NULL, "Letters of ORIGIN, where the refills of the interval found their objects:"},
};

static const struct entry outro[] = {
	{NULL, NULL},
	{NULL, "allocs = hits + refills + bypasses. A refill is one run of the slow path that "
	       "fills a CPU cache; P50 and P99 are times of refills."},
};

static bool is_there(const struct screen *s, const struct view *v)
{
	return v->ui->comparison ? s->compared : s->live;
}

static void page_screens(struct pager *p, const struct view *v)
{
	const struct screen *s;
	int number = 0;

	for (size_t i = 0; (s = v->screens(i)); i++) {
		char term[24];

		number += s->letter != 0;
		if (!s->letter || !is_there(s, v))
			continue;
		snprintf(term, sizeof(term), "%d %c", number, s->letter);
		pager_put(p, term, s->what);
	}
}

/* The keys of each screen, with its title. */
static void page_screen_keys(struct pager *p, const struct view *v)
{
	const struct screen *s;

	for (size_t i = 0; (s = v->screens(i)); i++) {
		const struct screen_help *line = is_there(s, v) ? s->help : NULL;
		char text[160];

		for (; line && line->term; line++) {
			snprintf(text, sizeof(text), "%s: %s", s->title, line->text);
			pager_put(p, line->term, text);
		}
	}
}

static void page_origins(struct pager *p)
{
	for (size_t i = 0; i < ORIGINS; i++) {
		const struct origin_row *origin = &origin_rows[origin_by_cost[i]];

		pager_put(p, (char[]){origin->letter, 0}, origin->what);
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
		pager_put(p, term, text);
	}
}

static void page_entries(struct pager *p, const struct entry *entry, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		pager_put(p, entry[i].term, entry[i].text);
}

#define PAGE(p, entries) page_entries(p, entries, sizeof(entries) / sizeof(*(entries)))

static void fill(struct pager *p, const struct view *v)
{
	PAGE(p, intro);
	page_screens(p, v);
	PAGE(p, help_keys);
	page_screen_keys(p, v);
	PAGE(p, before_columns);
	page_columns(p);
	PAGE(p, before_origins);
	page_origins(p);
	PAGE(p, outro);
}

static void draw(struct cells *c, struct view *v, int top, int rows, const struct row *r)
{
	(void)r;
	pager_draw(c, v, top, rows, TERM_WIDTH, fill);
}

const struct screen screen_help = {
	.name = "help",
	.title = "Help",
	.what = "keys, columns and letters",
	.whole = true,
	.draw = draw,
	.move = pager_move,
};
