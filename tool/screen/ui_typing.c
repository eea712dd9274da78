// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* ui_typing.c: keys while the user types the text of a search or of the filter. */
#include "screen/ui_typing.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "screen/keys.h"

/* Selects the first row from there on, and around, with the searched text in its name. */
static void search(struct ui *ui, const struct cache_list *l, size_t from)
{
	for (size_t i = 0; ui->search[0] && i < l->nr; i++) {
		size_t row = (from + i) % l->nr;

		const struct model_cache *cache = l->row[row].cache;

		if (strcasestr(cache->name, ui->search) ||
		    (cache->aliases && strcasestr(cache->aliases, ui->search))) {
			cache_list_select(ui, l, row);
			return;
		}
	}
	if (ui->search[0])
		snprintf(ui->message, sizeof(ui->message), "no cache name here contains '%s'",
			 ui->search);
}

void ui_typing_start(struct ui *ui, const struct cache_list *l, enum typing what)
{
	ui->typing = what;
	ui->search_from = cache_list_settle(ui, l);
	if (what == TYPING_SEARCH)
		ui->search[0] = 0;
}

static void search_next(struct ui *ui, const struct cache_list *l)
{
	if (!ui->search[0])
		memcpy(ui->search, ui->last_search, sizeof(ui->search));
	search(ui, l, cache_list_settle(ui, l) + 1);
	ui->search_from = ui->selected_row;
}

/* Enter: a search keeps its row; an empty one goes to the next match of the last search. */
static void end_typing(struct ui *ui, const struct cache_list *l)
{
	if (ui->typing == TYPING_SEARCH) {
		if (!ui->search[0])
			search_next(ui, l);
		memcpy(ui->last_search, ui->search, sizeof(ui->search));
	}
	ui->typing = TYPING_NOTHING;
}

static bool continues(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Returns the bytes of a character of UTF-8 that begins with this one; 0: none does. */
static size_t bytes_of(int first)
{
	return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Returns where the last character of the text begins. */
static size_t last_character(const char *text, size_t length)
{
	while (length && continues(text[length - 1]))
		length--;
	return length ? length - 1 : 0;
}

/* Appends a byte of UTF-8: the terminal passes on characters byte by byte. */
static bool append(char *text, size_t length, int key)
{
	size_t last = last_character(text, length);
	bool open = length && length - last < bytes_of((unsigned char)text[last]);

	if (key < ' ' || key == 127 || key > 0xf4)
		return false;
	if (continues((char)key) != open ||
	    (!open && (!bytes_of(key) || length + bytes_of(key) >= UI_TEXT)))
		return false;
	text[length] = (char)key;
	text[length + 1] = 0;
	return true;
}

void ui_typing_key(struct ui *ui, const struct cache_list *l, int key)
{
	char *text = ui->typing == TYPING_SEARCH ? ui->search : ui->filter;
	size_t length = strlen(text);

	switch (key) {
	case KEY_CODE_ENTER:
		end_typing(ui, l);
		return;
	case KEY_CODE_ESCAPE:
		if (ui->typing == TYPING_SEARCH)
			cache_list_select(ui, l, ui->search_from);
		else if (text[0])
			ui_first_row(ui);
		ui->typing = TYPING_NOTHING;
		text[0] = 0;
		return;
	case KEY_CODE_F1 + 2:
		if (ui->typing == TYPING_SEARCH)
			search_next(ui, l);
		return;
	case KEY_CODE_BACKSPACE:
		if (length)
			text[last_character(text, length)] = 0;
		break;
	default:
		if (!append(text, length, key))
			return;
	}
	if (ui->typing == TYPING_SEARCH) { /* always from the same row */
		cache_list_select(ui, l, ui->search_from);
		search(ui, l, ui->search_from);
	} else {
		ui_first_row(ui);
	}
}
