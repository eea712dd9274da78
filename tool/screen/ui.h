/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * ui.h: the choices of the user: screen, order, selected cache, typed text. ui_keys.h changes them,
 * and the screens turn them and a model into cells.
 */
#ifndef SLABSCOPE_UI_H
#define SLABSCOPE_UI_H

#include "model/refill_walk.h"
#include "screen/columns.h"

struct screen;

enum typing { TYPING_NOTHING, TYPING_SEARCH, TYPING_FILTER };
enum shown_side { SHOW_ALL, SHOW_KERNEL, SHOW_REFERENCE, SHOW_SIDES };

/* The values of the map of CPUs. */
enum metric { METRIC_HIT, METRIC_REFILLS, METRIC_P99, METRICS };

#define INTERVAL_MIN_S 0.1
#define INTERVAL_MAX_S 3600
#define SPEED_MIN      0.01 /* of a recording that is played */
#define SPEED_MAX      10000

#define UI_TEXT	 48
#define UI_ZONES 64

/* A part of a row that acts as a key when the user clicks it. */
struct zone {
	int row, col, width, key;
};

/* How the user steers a recording. */
struct playing {
	bool on;
	double speed;
	/* Reset by the code that handles the request. */
	int steps;  /* intervals forward, or back */
	int tenths; /* of the recording, forward or back */
	int edge;   /* -1: its beginning, 1: its end */
};

struct ui {
	int rows, cols; /* of the terminal */
	bool utf8;
	bool printed; /* as text: no key answers */
	double interval_s;
	bool paused;
	bool quit;
	bool comparison; /* the model is a comparison: not live, with screens of its own */
	const struct screen *screen;
	const struct screen *back; /* where Esc goes from a screen that is not listed */
	enum column sort;
	bool invert;
	uint32_t hidden; /* columns that are not shown, of COLUMN_BIT */
	bool no_colour;
	bool save; /* write the settings; reset by the code that does it */
	enum shown_side side;
	enum metric metric;
	bool fold; /* CPUs by node */
	bool log;  /* lengths of bars */
	struct walk_wish walk;
	struct playing playing;
	bool since; /* latencies since the start, not of the interval */
	enum typing typing;
	char search[UI_TEXT];
	char last_search[UI_TEXT];
	size_t search_from;   /* the row that was selected when typing began */
	char filter[UI_TEXT]; /* "" shows all; parts of names, with | between */
	char message[576];    /* until the next key */
	bool busy;	      /* without idle caches */
	char scope[160];      /* what -c, -p and --cgroup choose; "" is all */
	bool follow;	      /* the selected cache stays selected when the list changes */
	bool selected_any;
	struct cache_key selected;
	size_t selected_row; /* where it was when last drawn */
	bool compared_any;
	struct cache_key compared; /* the cache beside the selected one */
	size_t setup_row, sort_row;
	/* The first row or column shown; drawing keeps them in bounds. */
	size_t table_top, cpus_top, cpus_left, text_top;
	size_t page; /* rows of a page, as last drawn */
	struct zone zone[UI_ZONES];
	int nr_zones;
	int list_row, list_rows; /* the rows of the list on the screen; 0 rows: no list */
};

/* Initializes ui for a terminal of that size, with a screen open. Sorts by allocs a second; selects
 * no cache. */
void ui_init(struct ui *ui, const struct screen *first, int rows, int cols, bool utf8,
	     double interval_s);

/* Opens a screen, scrolled to its beginning. */
void ui_show(struct ui *ui, const struct screen *screen);

/* Selects the first row of the list that is drawn next, unless the user follows a cache. Call it
 * when the user changes which rows there are, or their order. */
void ui_first_row(struct ui *ui);

/* Moves *top, which the next drawing keeps in bounds. */
void ui_scroll(size_t *top, long by);

/* Makes a click there act as a key. Screens call it as they draw. */
void ui_zone(struct ui *ui, int row, int col, int width, int key);

#endif
