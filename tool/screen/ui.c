// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* ui.c: what keys do. Letters are slabtop's and htop's where they have them. */
#include "screen/ui.h"

#include <stdio.h>
#include <string.h>

void ui_init(struct ui *ui, int rows, int cols, bool utf8, double interval_s)
{
	*ui = (struct ui){
		.rows = rows,
		.cols = cols,
		.utf8 = utf8,
		.interval_s = interval_s,
		.sort = COLUMN_ALLOCS,
		.since = true,
		.walk = {.play = true},
		.playing = {.speed = 1},
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

	switch (ui->screen) {
	case SCREEN_HELP:
	case SCREEN_DOCTOR:
		scroll(&ui->text_top, by);
		break;
	case SCREEN_CACHE:
		scroll(&ui->cpus_top, by);
		break;
	case SCREEN_SETUP:
		scroll(&ui->setup_row, by);
		if (ui->setup_row >= UI_SETUP_ROWS)
			ui->setup_row = UI_SETUP_ROWS - 1;
		break;
	default:
		row = ui_settle(ui, l);
		scroll(&row, by);
		select_row(ui, l, row);
	}
}

bool ui_has_list(const struct ui *ui)
{
	return ui->screen < SCREENS_LISTED && ui->screen != SCREEN_DOCTOR;
}

#define FAR	   (1L << 30) /* farther than any list is long */
#define WHEEL_ROWS 3

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
	case KEY_CODE_WHEEL_UP:
		move(ui, l, -WHEEL_ROWS);
		return true;
	case KEY_CODE_WHEEL_DOWN:
		move(ui, l, WHEEL_ROWS);
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

		const struct model_cache *cache = l->row[row].cache;

		if (strcasestr(cache->name, ui->search) ||
		    (cache->aliases && strcasestr(cache->aliases, ui->search))) {
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
	if (!ui_has_list(ui))
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
	} while (!columns[column].sorts || (ui->hidden & COLUMN_BIT(column)));
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

static void show(struct ui *ui, enum ui_screen screen)
{
	ui->screen = screen;
	ui->cpus_top = ui->text_top = 0;
}

/* Opens a screen that is not listed, or goes back to where it was opened. */
static void toggle_screen(struct ui *ui, enum ui_screen screen)
{
	if (ui->screen == screen) {
		show(ui, ui->back);
		return;
	}
	if (ui->screen < SCREENS_LISTED)
		ui->back = ui->screen;
	show(ui, screen);
}

static void next_screen(struct ui *ui, int step)
{
	int from = ui->screen < SCREENS_LISTED ? ui->screen : ui->back;

	do {
		from = (from + step + SCREENS_LISTED) % SCREENS_LISTED;
	} while (!screen_is_there(from, ui->comparison));
	show(ui, from);
}

static void escape(struct ui *ui)
{
	enum ui_screen first = ui->comparison ? SCREEN_COMPARE : SCREEN_TABLE;

	if (ui->screen >= SCREENS_LISTED)
		show(ui, ui->back);
	else if (ui->screen != first)
		show(ui, first);
	else
		ui->filter[0] = 0;
}

/* Enter and Space on the screen of settings. */
static void set_up(struct ui *ui)
{
	if (ui->setup_row == UI_SETUP_COLOURS)
		ui->no_colour = !ui->no_colour;
	else if (ui->setup_row == COLUMN_CACHE)
		snprintf(ui->message, sizeof(ui->message), "without names no row is known");
	else
		ui->hidden ^= COLUMN_BIT(ui->setup_row);
}

static void enter(struct ui *ui)
{
	if (ui->screen == SCREEN_SETUP)
		set_up(ui);
	else if (ui->screen == SCREEN_CACHE || ui_has_list(ui))
		toggle_screen(ui, SCREEN_CACHE);
}

/* Puts the selected cache beside those that are selected later, or ends that. */
static void compare(struct ui *ui, const struct list *l)
{
	ui_settle(ui, l);
	if (!ui->selected_any)
		return;
	if (ui->compared_any && !cache_key_compare(&ui->compared, &ui->selected)) {
		ui->compared_any = false;
		snprintf(ui->message, sizeof(ui->message), "compared with none");
		return;
	}
	ui->compared_any = true;
	ui->compared = ui->selected;
	if (ui->screen != SCREEN_LATENCY)
		show(ui, SCREEN_LATENCY);
	snprintf(ui->message, sizeof(ui->message),
		 "select another one, and it stands beside this one; x here ends that");
}

/* Left and right: the map of CPUs scrolls, Walk steps, the others sort by the next column. */
static void sideways(struct ui *ui, int step)
{
	if (ui->screen == SCREEN_CPUS) {
		scroll(&ui->cpus_left, step * 8L);
	} else if (ui->screen == SCREEN_WALK) {
		ui->walk.by += step;
		ui->walk.play = false;
	} else {
		sort_next(ui, step);
	}
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

static void change_speed(struct playing *p, double times)
{
	p->speed *= times;
	if (p->speed < SPEED_MIN)
		p->speed = SPEED_MIN;
	if (p->speed > SPEED_MAX)
		p->speed = SPEED_MAX;
}

/* Keys that lead through a recording. Returns whether it was one. */
static bool play_key(struct ui *ui, int key)
{
	struct playing wish = ui->playing;

	switch (key) {
	case '.':
		wish.steps++;
		ui->paused |= wish.on;
		break;
	case ',':
		wish.steps--;
		ui->paused |= wish.on;
		break;
	case '{':
		wish.tenths--;
		break;
	case '}':
		wish.tenths++;
		break;
	case '^':
		wish.edge = -1;
		break;
	case '$':
		wish.edge = 1;
		break;
	case '[':
		change_speed(&wish, 0.5);
		break;
	case ']':
		change_speed(&wish, 2);
		break;
	default:
		return false;
	}
	if (ui->playing.on)
		ui->playing = wish;
	else
		snprintf(ui->message, sizeof(ui->message),
			 "this is no recording: 'slabscope top --from DIR' plays one");
	return true;
}

/* Keys that change what a screen shows. Returns whether it was one. */
static bool choice_key(struct ui *ui, const struct list *l, int key)
{
	switch (key) {
	case 'm':
		if (ui->screen == SCREEN_WALK)
			ui->walk.any = !ui->walk.any, ui->walk.newest = true;
		else
			ui->metric = (ui->metric + 1) % METRICS;
		return true;
	case 'g':
		ui->walk.play = !ui->walk.play;
		return true;
	case 'r':
		ui->walk.newest = true;
		return true;
	case 'f':
		ui->fold = !ui->fold;
		return true;
	case 'y':
		ui->log = !ui->log;
		return true;
	case 't':
		ui->since = !ui->since;
		return true;
	case 'x':
		compare(ui, l);
		return true;
	case 'S':
	case KEY_CODE_F1 + 8:
		ui->side = (ui->side + 1) % SHOW_SIDES;
		return true;
	case 'I':
		ui->invert = !ui->invert;
		return true;
	case ' ':
		if (ui->screen == SCREEN_SETUP)
			set_up(ui);
		else
			ui->paused = !ui->paused;
		return true;
	case '+':
	case '=':
	case KEY_CODE_F1 + 7:
		change_interval(ui, 1);
		return true;
	case '-':
	case KEY_CODE_F1 + 6:
		change_interval(ui, -1);
		return true;
	case '<':
		sort_next(ui, -1);
		return true;
	case '>':
	case KEY_CODE_F1 + 5:
		sort_next(ui, 1);
		return true;
	case KEY_CODE_LEFT:
		sideways(ui, -1);
		return true;
	case KEY_CODE_RIGHT:
		sideways(ui, 1);
		return true;
	}
	return false;
}

static void command_key(struct ui *ui, const struct list *l, int key)
{
	switch (key) {
	case 'q':
	case 'Q':
	case KEY_CODE_F10:
		ui->quit = true;
		break;
	case 'h':
	case '?':
	case KEY_CODE_F1:
		toggle_screen(ui, SCREEN_HELP);
		break;
	case KEY_CODE_F1 + 1:
		toggle_screen(ui, SCREEN_SETUP);
		break;
	case KEY_CODE_ENTER:
		enter(ui);
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
	case KEY_CODE_TAB:
	case KEY_CODE_F1 + 4:
		next_screen(ui, 1);
		break;
	case KEY_CODE_BACK_TAB:
		next_screen(ui, -1);
		break;
	case 'w':
		ui->save = true;
		break;
	default:
		if (screen_of_key(key) >= 0 && screen_is_there(screen_of_key(key), ui->comparison))
			show(ui, screen_of_key(key));
		else
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
	else if (!move_key(ui, l, key) && !choice_key(ui, l, key) && !play_key(ui, key))
		command_key(ui, l, key);
}

/* ---- the mouse ------------------------------------------------------------------------ */

void ui_zone(struct ui *ui, int row, int col, int width, int key)
{
	if (ui->nr_zones < UI_ZONES)
		ui->zone[ui->nr_zones++] = (struct zone){row, col, width, key};
}

static void click_zone(struct ui *ui, const struct list *l, int key)
{
	if (key < KEY_CODE_SORT) {
		ui_key(ui, l, key);
	} else if (ui->sort == (enum column)(key - KEY_CODE_SORT)) {
		ui->invert = !ui->invert;
	} else {
		sort_by(ui, key - KEY_CODE_SORT);
	}
}

void ui_click(struct ui *ui, const struct list *l, int row, int col)
{
	size_t wanted;

	ui->message[0] = 0;
	for (int i = 0; i < ui->nr_zones; i++) {
		const struct zone *z = &ui->zone[i];

		if (row == z->row && col >= z->col && col < z->col + z->width) {
			click_zone(ui, l, z->key);
			return;
		}
	}
	if (row < ui->list_row || row >= ui->list_row + ui->list_rows)
		return;
	wanted = ui->table_top + (size_t)(row - ui->list_row);
	if (ui->screen == SCREEN_SETUP) {
		if (wanted < UI_SETUP_ROWS) {
			ui->setup_row = wanted;
			set_up(ui);
		}
	} else if (wanted < l->nr) {
		bool again = ui->selected_any && ui_settle(ui, l) == wanted;

		select_row(ui, l, wanted);
		if (again)
			enter(ui);
	}
}
