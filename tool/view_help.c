// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* view_help.c: the line of keys, and the help that explains keys, columns and letters. */
#include <stdio.h>
#include <string.h>

#include "view.h"

/* ---- the line of keys ----------------------------------------------------------------- */

static const struct {
	const char *key, *text;
	int rank; /* the lower, the longer it is shown */
} keys[] = {
	{"F1", "Help", 1},     {"F3", "Search", 3},   {"F4", "Filter", 4},
	{"F6", "Sort", 2},     {"Tab", "Side", 6},    {"Enter", "CPUs", 5},
	{"Space", "Pause", 7}, {"+-", "Interval", 8}, {"F10", "Quit", 0},
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
	{NULL, "n/a: this kernel does not let it be seen ('slabscope doctor' tells why); -: "
	       "nothing happened that could be told."},
	{NULL, NULL},
	{"Up Down k j", "select a cache; also PgUp, PgDn, Home, End"},
	{"Enter", "all CPUs of the selected cache, and back"},
	{"F6 < >", "sort by the next column; < and > go left and right"},
	{"I", "invert the order"},
	{"/ F3", "search: type a part of a name; F3 the next, Enter ends"},
	{"\\ F4", "filter: show only names that contain what is typed; Esc shows all"},
	{"Tab", "show both sides, the kernel's, the reference's"},
	{"Space", "pause: the screen stands still"},
	{"+ -", "longer or shorter rounds"},
	{"h ? F1", "this help, and back"},
	{"q F10", "quit"},
	{NULL, NULL},
	{NULL, "Columns, and the letter that sorts by them as in slabtop:"},
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

/* Where the next line of the help goes: lines before skip and after rows are counted only. */
struct pager {
	struct cells *c;
	int top, rows;
	size_t skip, line;
};

static void page_line(struct pager *p, const char *term, const char *text, int length, int indent)
{
	if (p->line >= p->skip && p->line < p->skip + (size_t)p->rows) {
		int row = p->top + (int)(p->line - p->skip);

		if (term)
			cells_put(p->c, row, 0, TERM_WIDTH, STYLE_KEY, term);
		cells_printf(p->c, row, indent, p->c->cols, STYLE_NORMAL, "%.*s", length, text);
	}
	p->line++;
}

/* Breaks text at blanks into lines that fit. */
static void page_entry(struct pager *p, const char *term, const char *text)
{
	int indent = term ? TERM_WIDTH : 0, room = p->c->cols - indent;

	if (!text)
		text = "";
	if (room < 8)
		room = 8;
	do {
		int length = (int)strlen(text), next;

		if (length > room) {
			for (length = room; length > 0 && text[length] != ' '; length--)
				;
			if (!length)
				length = room;
		}
		next = length + (text[length] == ' ');
		page_line(p, term, text, length, indent);
		text += next;
		term = NULL;
	} while (*text);
}

static void page_all(struct pager *p)
{
	for (size_t i = 0; i < sizeof(intro) / sizeof(*intro); i++)
		page_entry(p, intro[i].term, intro[i].text);
	for (int i = 0; i < COLUMNS; i++) {
		char term[24];

		snprintf(term, sizeof(term), "%-9s %c", columns[i].title,
			 columns[i].letter ? columns[i].letter : ' ');
		page_entry(p, term, columns[i].meaning);
	}
	for (size_t i = 0; i < sizeof(outro) / sizeof(*outro); i++)
		page_entry(p, outro[i].term, outro[i].text);
}

void view_help(struct cells *c, struct view *v, int top, int rows)
{
	struct pager p = {c, top, 0, 0, 0};
	size_t room = rows > 0 ? (size_t)rows : 0;

	page_all(&p); /* how many lines there are */
	if (v->ui->help_top + room > p.line)
		v->ui->help_top = p.line > room ? p.line - room : 0;
	v->ui->page = room ? room : 1;
	p = (struct pager){c, top, (int)room, v->ui->help_top, 0};
	page_all(&p);
}
