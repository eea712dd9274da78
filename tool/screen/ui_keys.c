// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * ui_keys.c: finds the action of a key: the keys of the shown screen come first, then the general
 * ones, then those of other screens. Letters are the same as in slabtop and htop where these have
 * them.
 */
#include "screen/ui_keys.h"

#include <stdio.h>
#include <string.h>

#include "screen/screens.h"
#include "screen/ui_typing.h"
#include "screen/values.h"

/* ---- moving --------------------------------------------------------------------------- */

static void move(struct ui *ui, const struct cache_list *l, long by)
{
	size_t row;

	if (ui->screen->move) {
		ui->screen->move(ui, by);
		return;
	}
	row = cache_list_settle(ui, l);
	ui->follow = false;
	ui_scroll(&row, by);
	cache_list_select(ui, l, row);
}

#define FAR	   (1L << 30) /* farther than any list is long */
#define WHEEL_ROWS 3

/* Moves. Returns whether the key does. */
static bool move_key(struct ui *ui, const struct cache_list *l, int key)
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

/* ---- choosing ------------------------------------------------------------------------- */

void ui_keys_sort(struct ui *ui, enum column column)
{
	if (ui->sort != column)
		ui->invert = false;
	ui->sort = column;
	ui_first_row(ui);
	snprintf(ui->message, sizeof(ui->message), "sorted by %s", columns[column].title);
}

static void invert(struct ui *ui)
{
	ui->invert = !ui->invert;
	ui_first_row(ui);
}

static void sort_next(struct ui *ui, const struct cache_list *l, int step)
{
	int column = ui->sort;

	do {
		column = (column + step + COLUMNS) % COLUMNS;
	} while (!columns[column].sorts || ((ui->hidden | l->unfilled) & COLUMN_BIT(column)));
	ui_keys_sort(ui, column);
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
	snprintf(ui->message, sizeof(ui->message), "interval: %g s", ui->interval_s);
}

static bool is_listed(const struct ui *ui)
{
	return screens_listed(ui->screen, ui->comparison);
}

/* Opens a screen that is not listed, or goes back to where it was opened. */
static void toggle_screen(struct ui *ui, const struct screen *screen)
{
	if (ui->screen == screen) {
		ui_show(ui, ui->back);
		return;
	}
	if (is_listed(ui))
		ui->back = ui->screen;
	ui_show(ui, screen);
}

static void next_screen(struct ui *ui, int step)
{
	const struct screen *from = is_listed(ui) ? ui->screen : ui->back;

	ui_show(ui, screens_step(from, step, ui->comparison));
}

static void escape(struct ui *ui)
{
	const struct screen *first = screens_first(ui->comparison);

	if (!is_listed(ui))
		ui_show(ui, ui->back);
	else if (ui->screen != first)
		ui_show(ui, first);
	else if (ui->filter[0]) {
		ui->filter[0] = 0;
		ui_first_row(ui);
	}
}

/* Begins or ends to follow the selected cache. */
static void follow(struct ui *ui, const struct cache_list *l)
{
	size_t row = cache_list_settle(ui, l);

	if (!l->nr)
		return;
	ui->follow = !ui->follow;
	snprintf(ui->message, sizeof(ui->message),
		 ui->follow ? "follows %s of %s: sorting and filtering keep it selected; F ends it"
			    : "no longer follows %s of %s",
		 l->row[row].cache->name, values_side(l->row[row].side).text);
}

static void enter(struct ui *ui)
{
	if (ui->screen == &screen_cache || ui->screen->look)
		toggle_screen(ui, &screen_cache);
}

/* Sorts by a letter of slabtop. */
static bool sort_letter(struct ui *ui, int key)
{
	for (int c = 0; key > 0 && c < COLUMNS; c++) {
		if (columns[c].letter == key) {
			ui_keys_sort(ui, c);
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

/* Steers a recording. Returns whether the key does. */
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
			 "not a recording: 'slabscope top --from DIR' plays one");
	return true;
}

/* Changes what a screen shows. Returns whether the key does. */
static bool choice_key(struct ui *ui, const struct cache_list *l, int key)
{
	switch (key) {
	case 'S':
	case KEY_CODE_F1 + 8:
		ui->side = (ui->side + 1) % SHOW_SIDES;
		ui_first_row(ui);
		return true;
	case 'I':
		invert(ui);
		return true;
	case ' ':
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
	case KEY_CODE_LEFT:
		sort_next(ui, l, -1);
		return true;
	case '>':
	case KEY_CODE_RIGHT:
		sort_next(ui, l, 1);
		return true;
	}
	return false;
}

/* Begins to type what is searched or filtered, on a screen with a list. */
static void start_typing(struct ui *ui, const struct cache_list *l, enum typing what)
{
	if (!ui->screen->look)
		ui->screen = &screen_caches;
	ui_typing_start(ui, l, what);
}

static bool own_key(struct ui *ui, const struct cache_list *l, int key)
{
	return ui->screen->key && ui->screen->key(ui, l, key);
}

/* Offers the key to the screens that are not shown. Returns whether one knows it. */
static bool other_key(struct ui *ui, const struct cache_list *l, int key)
{
	for (size_t i = 0; screens_at(i); i++)
		if (screens_at(i) != ui->screen && screens_at(i)->key &&
		    screens_at(i)->key(ui, l, key))
			return true;
	return false;
}

/* Opens the screen of the key. Returns whether there is one. */
static bool screen_key(struct ui *ui, int key)
{
	const struct screen *screen = screens_of_key(key, ui->comparison);

	if (screen)
		ui_show(ui, screen);
	return screen;
}

static void command_key(struct ui *ui, const struct cache_list *l, int key)
{
	switch (key) {
	case 'q':
		if (ui->screen == &screen_help) {
			ui_show(ui, ui->back);
			break;
		}
		ui->quit = true;
		break;
	case 'Q':
	case KEY_CODE_F10:
		ui->quit = true;
		break;
	case 'h':
	case '?':
	case KEY_CODE_F1:
		toggle_screen(ui, &screen_help);
		break;
	case KEY_CODE_F1 + 1:
		toggle_screen(ui, &screen_setup);
		break;
	case KEY_CODE_F1 + 5:
		toggle_screen(ui, &screen_sort);
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
	case 'i':
		ui->busy = !ui->busy;
		ui_first_row(ui);
		snprintf(ui->message, sizeof(ui->message), "%s",
			 ui->busy ? "idle caches are hidden: i shows them"
				  : "all caches are shown");
		break;
	case 'F':
		follow(ui, l);
		break;
	case 'w':
		ui->save = true;
		break;
	default:
		if (!screen_key(ui, key) && !other_key(ui, l, key))
			sort_letter(ui, key);
	}
}

void ui_key(struct ui *ui, const struct cache_list *l, int key)
{
	if (key == KEY_CODE_RESIZE)
		return;
	ui->message[0] = 0;
	if (ui->typing != TYPING_NOTHING && key != KEY_CODE_UP && key != KEY_CODE_DOWN)
		ui_typing_key(ui, l, key);
	else if (!own_key(ui, l, key) && !move_key(ui, l, key) && !choice_key(ui, l, key) &&
		 !play_key(ui, key))
		command_key(ui, l, key);
}

/* ---- the mouse ------------------------------------------------------------------------ */

static void click_zone(struct ui *ui, const struct cache_list *l, int key)
{
	if (key < KEY_CODE_SORT || key >= KEY_CODE_ROW) {
		ui_key(ui, l, key);
	} else if (ui->sort == (enum column)(key - KEY_CODE_SORT)) {
		invert(ui);
	} else {
		ui_keys_sort(ui, key - KEY_CODE_SORT);
	}
}

void ui_click(struct ui *ui, const struct cache_list *l, int row, int col)
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
	if (wanted < l->nr) {
		bool again = ui->selected_any && cache_list_settle(ui, l) == wanted;

		ui->follow &= again;
		cache_list_select(ui, l, wanted);
		if (again)
			enter(ui);
	}
}
