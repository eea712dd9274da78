/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * ui.h: what the user has chosen, and what keys do to it. Knows no terminal: keys come in as
 * characters or enum key, and a view turns this and a model into cells.
 */
#ifndef SLABSCOPE_UI_H
#define SLABSCOPE_UI_H

#include "screen/columns.h"
#include "screen/keys.h"
#include "screen/screens.h"
#include "model/refill_walk.h"

enum typing { TYPING_NOTHING, TYPING_SEARCH, TYPING_FILTER };
enum shown_side { SHOW_ALL, SHOW_KERNEL, SHOW_REFERENCE, SHOW_SIDES };

/* What the map of CPUs shows. */
enum metric { METRIC_HIT, METRIC_REFILLS, METRIC_P99, METRICS };

/* Rows of the screen of settings: the columns, then the others. */
#define UI_SETUP_COLOURS COLUMNS
#define UI_SETUP_ROWS	 (COLUMNS + 1)

#define INTERVAL_MIN_S 0.1
#define INTERVAL_MAX_S 3600
#define SPEED_MIN      0.01 /* of a recording that is played */
#define SPEED_MAX      10000

#define UI_TEXT	 48
#define UI_ZONES 64

/* A piece of a row that stands for a key when it is clicked. */
struct zone {
	int row, col, width, key;
};

/* What is wanted of the recording that is played. */
struct playing {
	bool on;
	double speed;
	/* Who does these resets them. */
	int steps;  /* rounds forward, or back */
	int tenths; /* of the recording, forward or back */
	int edge;   /* -1: its beginning, 1: its end */
};

struct ui {
	int rows, cols; /* of the screen */
	bool utf8;
	double interval_s;
	bool paused;
	bool quit;
	bool comparison; /* what is shown is one: not live, and with screens of its own */
	enum ui_screen screen;
	enum ui_screen back; /* where Esc goes from a screen that is not listed */
	enum column sort;
	bool invert;
	uint32_t hidden; /* columns that are not wanted, of COLUMN_BIT */
	bool no_colour;
	bool save; /* the settings are to be written; who does it resets this */
	enum shown_side side;
	enum metric metric;
	bool fold; /* CPUs by node */
	bool log;  /* lengths of bars */
	struct walk_wish walk;
	struct playing playing;
	bool since; /* latencies since the start, not of the round */
	enum typing typing;
	char search[UI_TEXT];
	char last_search[UI_TEXT];
	size_t search_from;   /* the row that was selected when typing began */
	char filter[UI_TEXT]; /* "" shows all; parts of names, with | between */
	char message[576];    /* until the next key */
	bool selected_any;
	struct cache_key selected;
	size_t selected_row; /* where it was when last drawn */
	bool compared_any;
	struct cache_key compared; /* the cache beside the selected one */
	size_t setup_row;
	/* The first row or column shown; drawing keeps them in bounds. */
	size_t table_top, cpus_top, cpus_left, text_top;
	size_t page; /* rows that a page has, as last drawn */
	struct zone zone[UI_ZONES];
	int nr_zones;
	int list_row, list_rows; /* where the list stands on the screen; 0 rows: it does not */
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

/* Fills l with the rows of m; valid as long as m and t, which may be NULL. 0 or -ENOMEM. The caller
 * frees it. */
int list_make(struct list *l, const struct model *m, const struct trend *t, const struct ui *ui);
void list_free(struct list *l);

/* The row of a cache, or NULL. */
const struct row *list_find(const struct list *l, const struct cache_key *key);

/*
 * Fits the selection to l: the selected cache wherever it stands now, or, if it has gone, the row
 * that stands where it was. Returns its row; 0 where there is none.
 */
size_t ui_settle(struct ui *ui, const struct list *l);

/* Does what the key says; l is the table as last drawn. */
void ui_key(struct ui *ui, const struct list *l, int key);

/* A click there, as last drawn: selects the row, or does what the key does that stands there. Twice
 * on the same row drills in. */
void ui_click(struct ui *ui, const struct list *l, int row, int col);

/* Says that a click there is to do what key does. Views call it as they draw. */
void ui_zone(struct ui *ui, int row, int col, int width, int key);

/* Whether the screen shows the list of caches, and keys move in it. */
bool ui_has_list(const struct ui *ui);

#endif
