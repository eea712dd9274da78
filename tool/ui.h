/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * ui.h: what the user has chosen, and what keys do to it. Knows no terminal: keys come in as
 * characters or enum key, and a view turns this and a model into cells.
 */
#ifndef SLABSCOPE_UI_H
#define SLABSCOPE_UI_H

#include "columns.h"
#include "keys.h"

enum ui_screen { SCREEN_TABLE, SCREEN_CPUS, SCREEN_HELP };
enum typing { TYPING_NOTHING, TYPING_SEARCH, TYPING_FILTER };
enum shown_side { SHOW_ALL, SHOW_KERNEL, SHOW_REFERENCE, SHOW_SIDES };

#define UI_TEXT 48

struct ui {
	int rows, cols; /* of the screen */
	bool utf8;
	double interval_s;
	bool paused;
	bool quit;
	enum ui_screen screen;
	enum column sort;
	bool invert;
	enum shown_side side;
	enum typing typing;
	char search[UI_TEXT];
	char last_search[UI_TEXT];
	size_t search_from; /* the row that was selected when typing began */
	char filter[UI_TEXT]; /* "" shows all */
	char message[160];    /* until the next key */
	bool selected_any;
	struct cache_key selected;
	size_t selected_row; /* where it was when last drawn */
	size_t table_top, cpus_top, help_top; /* the first row shown */
	size_t page; /* rows that a page has, as last drawn */
};

/* The rows of the table: those that are shown, in their order. */
struct list {
	struct row *row;
	size_t nr;
	size_t hidden; /* by the filter or the side */
	double interval_s;
};

/* rows and cols of the screen. Sorts by allocs a second; nothing is selected yet. */
void ui_init(struct ui *ui, int rows, int cols, bool utf8, double interval_s);

/* Fills l with the rows of m; valid as long as m. 0 or -ENOMEM. The caller frees it. */
int list_make(struct list *l, const struct model *m, const struct ui *ui);
void list_free(struct list *l);

/*
 * Fits the selection to l: the selected cache wherever it stands now, or, if it has gone, the row
 * that stands where it was. Returns its row; 0 where there is none.
 */
size_t ui_settle(struct ui *ui, const struct list *l);

/* Does what the key says; l is the table as last drawn. */
void ui_key(struct ui *ui, const struct list *l, int key);

#endif
