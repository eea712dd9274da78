// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* ui.c: what keys do. Letters are slabtop's and htop's where they have them. */
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "ui.h"

void ui_init(struct ui *ui, int rows, int cols, bool utf8, double interval_s)
{
	*ui = (struct ui){
		.rows = rows,
		.cols = cols,
		.utf8 = utf8,
		.interval_s = interval_s,
		.sort = COLUMN_ALLOCS,
		.page = 1,
	};
}

/* ---- moving --------------------------------------------------------------------------- */

static void select_row(struct ui *ui, const struct list *l, size_t row)
{
	if (!l->nr)
		return;
	if (row >= l->nr)
		row = l->nr - 1;
	ui->selected_any = true;
	ui->selected_row = row;
	ui->selected = cache_key_of(l->row[row].side, l->row[row].cache);
}

/* Moves *top, which the next drawing keeps in bounds. */
static void scroll(size_t *top, long by)
{
	if (by < 0 && (size_t)-by > *top)
		*top = 0;
	else
		*top += (size_t)by;
}

static void move(struct ui *ui, const struct list *l, long by)
{
	size_t row;

	if (ui->screen == SCREEN_HELP) {
		scroll(&ui->help_top, by);
	} else if (ui->screen == SCREEN_CPUS) {
		scroll(&ui->cpus_top, by);
	} else {
		row = ui_settle(ui, l);
		scroll(&row, by);
		select_row(ui, l, row);
	}
}

#define FAR (1L << 30) /* farther than any list is long */

/* Returns whether it was a key that moves. */
static bool move_key(struct ui *ui, const struct list *l, int key)
{
	long page = ui->page > 1 ? (long)ui->page - 1 : 1;

	switch (key) {
	case KEY_CODE_UP:
	case 'k':
		move(ui, l, -1);
		return true;
	case KEY_CODE_DOWN:
	case 'j':
		move(ui, l, 1);
		return true;
	case KEY_CODE_PAGE_UP:
		move(ui, l, -page);
		return true;
	case KEY_CODE_PAGE_DOWN:
		move(ui, l, page);
		return true;
	case KEY_CODE_HOME:
		move(ui, l, -FAR);
		return true;
	case KEY_CODE_END:
		move(ui, l, FAR);
		return true;
	}
	return false;
}

/* ---- searching and filtering ---------------------------------------------------------- */

/* Selects the next row, from row on and around, whose name contains what is searched. */
static void search(struct ui *ui, const struct list *l, size_t from)
{
	for (size_t i = 0; ui->search[0] && i < l->nr; i++) {
		size_t row = (from + i) % l->nr;

		if (strcasestr(l->row[row].cache->name, ui->search)) {
			select_row(ui, l, row);
			return;
		}
	}
	if (ui->search[0])
		snprintf(ui->message, sizeof(ui->message), "no cache here is called '%s'",
			 ui->search);
}

static void start_typing(struct ui *ui, const struct list *l, enum typing what)
{
	ui->screen = SCREEN_TABLE;
	ui->typing = what;
	ui->search_from = ui_settle(ui, l);
	if (what == TYPING_SEARCH)
		ui->search[0] = 0;
}

static void search_next(struct ui *ui, const struct list *l)
{
	if (!ui->search[0])
		memcpy(ui->search, ui->last_search, sizeof(ui->search));
	search(ui, l, ui_settle(ui, l) + 1);
	ui->search_from = ui->selected_row;
}

/* Enter: a search keeps its place, an empty one goes on to the next match of the one before. */
static void end_typing(struct ui *ui, const struct list *l)
{
	if (ui->typing == TYPING_SEARCH) {
		if (!ui->search[0])
			search_next(ui, l);
		memcpy(ui->last_search, ui->search, sizeof(ui->search));
	}
	ui->typing = TYPING_NOTHING;
}

static void typing_key(struct ui *ui, const struct list *l, int key)
{
	char *text = ui->typing == TYPING_SEARCH ? ui->search : ui->filter;
	size_t length = strlen(text);

	switch (key) {
	case KEY_CODE_ENTER:
		end_typing(ui, l);
		return;
	case KEY_CODE_ESCAPE:
		if (ui->typing == TYPING_SEARCH)
			select_row(ui, l, ui->search_from);
		ui->typing = TYPING_NOTHING;
		text[0] = 0;
		return;
	case KEY_CODE_F1 + 2:
		if (ui->typing == TYPING_SEARCH)
			search_next(ui, l);
		return;
	case KEY_CODE_BACKSPACE:
		if (length)
			text[length - 1] = 0;
		break;
	default:
		if (key < ' ' || key > 126 || length + 1 >= UI_TEXT)
			return;
		text[length] = (char)key;
		text[length + 1] = 0;
	}
	if (ui->typing == TYPING_SEARCH) { /* from where it began, each time */
		select_row(ui, l, ui->search_from);
		search(ui, l, ui->search_from);
	}
}

/* ---- choosing ------------------------------------------------------------------------- */

static void sort_by(struct ui *ui, enum column column)
{
	if (ui->sort != column)
		ui->invert = false;
	ui->sort = column;
	snprintf(ui->message, sizeof(ui->message), "sorted by %s", columns[column].title);
}

static void sort_next(struct ui *ui, int step)
{
	int column = ui->sort;

	do {
		column = (column + step + COLUMNS) % COLUMNS;
	} while (!columns[column].sorts);
	sort_by(ui, column);
}

static void change_interval(struct ui *ui, int step)
{
	static const double steps[] = {INTERVAL_MIN_S, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 900,
				       INTERVAL_MAX_S};
	const int nr = sizeof(steps) / sizeof(*steps);
	int i;

	if (step > 0) {
		for (i = 0; i < nr - 1 && steps[i] <= ui->interval_s + 1e-9; i++)
			;
	} else {
		for (i = nr - 1; i > 0 && steps[i] >= ui->interval_s - 1e-9; i--)
			;
	}
	ui->interval_s = steps[i];
	snprintf(ui->message, sizeof(ui->message), "rounds of %g s", ui->interval_s);
}

static void toggle_screen(struct ui *ui, enum ui_screen screen)
{
	ui->screen = ui->screen == screen ? SCREEN_TABLE : screen;
	ui->cpus_top = ui->help_top = 0;
}

static void escape(struct ui *ui)
{
	if (ui->screen != SCREEN_TABLE)
		toggle_screen(ui, ui->screen);
	else
		ui->filter[0] = 0;
}

/* slabtop's letters that sort. */
static bool sort_letter(struct ui *ui, int key)
{
	for (int c = 0; key > 0 && c < COLUMNS; c++) {
		if (columns[c].letter == key) {
			sort_by(ui, c);
			return true;
		}
	}
	return false;
}

static void command_key(struct ui *ui, const struct list *l, int key)
{
	switch (key) {
	case 'q':
	case KEY_CODE_F10:
		ui->quit = true;
		break;
	case 'h':
	case '?':
	case KEY_CODE_F1:
		toggle_screen(ui, SCREEN_HELP);
		break;
	case KEY_CODE_ENTER:
		toggle_screen(ui, SCREEN_CPUS);
		break;
	case KEY_CODE_ESCAPE:
		escape(ui);
		break;
	case '/':
	case KEY_CODE_F1 + 2:
		start_typing(ui, l, TYPING_SEARCH);
		break;
	case '\\':
	case KEY_CODE_F1 + 3:
		start_typing(ui, l, TYPING_FILTER);
		break;
	case '<':
	case KEY_CODE_LEFT:
		sort_next(ui, -1);
		break;
	case '>':
	case KEY_CODE_RIGHT:
	case KEY_CODE_F1 + 5:
		sort_next(ui, 1);
		break;
	case 'I':
		ui->invert = !ui->invert;
		break;
	case ' ':
		ui->paused = !ui->paused;
		break;
	case '+':
	case '=':
		change_interval(ui, 1);
		break;
	case '-':
		change_interval(ui, -1);
		break;
	case KEY_CODE_TAB:
		ui->side = (ui->side + 1) % SHOW_SIDES;
		break;
	case 'p':
	case 'v':
		snprintf(ui->message, sizeof(ui->message),
			 "slabtop's %c has no counterpart here: see ? for what sorts", key);
		break;
	default:
		sort_letter(ui, key);
	}
}

void ui_key(struct ui *ui, const struct list *l, int key)
{
	if (key == KEY_CODE_RESIZE)
		return;
	ui->message[0] = 0;
	if (ui->typing != TYPING_NOTHING && key != KEY_CODE_UP && key != KEY_CODE_DOWN)
		typing_key(ui, l, key);
	else if (!move_key(ui, l, key))
		command_key(ui, l, key);
}
