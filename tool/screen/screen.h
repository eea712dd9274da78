/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * screen.h: what a screen is. screen_NAME.c defines one as screen_NAME; a row in screens.c adds it to the line of
 * screens, to Tab, to the help, to --screen, to the manual and to the completions.
 */
#ifndef SLABSCOPE_SCREEN_H
#define SLABSCOPE_SCREEN_H

#include "screen/list_view.h"

struct json_t;

/* A line of the help; the last one of an array has no term. */
struct screen_help {
	const char *term, *text;
};

/* What a screen needs to be collected that is not collected otherwise. */
#define SCREEN_WANTS_STEPS   1u /* the steps of refills of the selected cache */
#define SCREEN_WANTS_CALLERS 2u

struct screen {
	const char *name;  /* on the command line and in settings */
	const char *title; /* in the line of screens */
	const char *what;  /* the question that it answers, for the help */
	char letter;	   /* opens it; 0: it is not listed, and another screen opens it */
	bool live;	   /* it is there for a live machine or a recording */
	bool compared;	   /* it is there for a comparison */
	bool whole;	   /* it takes the rows of the header, too */
	unsigned wants;	   /* of SCREEN_WANTS */
	const struct screen_help *help; /* its keys; NULL: it has none of its own */

	/* Its list of caches; NULL: it has none. */
	const struct list_look *look;
	/* Whether the list shows a row; NULL: all rows. */
	bool (*shows)(const struct row *row);

	/* Draws it; selected is the selected row of the list, NULL where there is none. */
	void (*draw)(struct cells *c, struct view *v, int top, int rows,
		     const struct row *selected);

	/* Does what a key does on it. Returns whether it knows the key. A key that the shown screen does not know
	 * goes to the others. */
	bool (*key)(struct ui *ui, const struct cache_list *l, int key);
	/* Moves the cursor; NULL: the list's. */
	void (*move)(struct ui *ui, long by);

	/* Draws it as text for --batch from row on, with batch_rows rows beside those of its list. Returns the row
	 * after it. NULL: the list is all. */
	int (*batch)(struct cells *c, struct view *v, int row);
	int batch_rows;
	/* Adds its keys to the object of an interval. Returns 0 or -ENOMEM. NULL: it has none. */
	int (*json)(struct json_t *object, const struct view *v);
};

#endif
