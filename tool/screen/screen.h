/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * screen.h: all about a screen. screen_NAME.c defines screen_NAME; a row in screens.c adds it to
 * the line of screens, to Tab, to the help, to --screen, to the manual and to the completions.
 */
#ifndef SLABSCOPE_SCREEN_H
#define SLABSCOPE_SCREEN_H

#include "screen/list_view.h"

struct json_t;

/* A line of the help; the last one of an array has no term. */
struct screen_help {
	const char *term, *text;
};

/* Data that is collected only for the screens that want it. */
#define SCREEN_WANTS_STEPS   1u /* the steps of refills of the selected cache */
#define SCREEN_WANTS_CALLERS 2u

struct screen {
	const char *name;		/* on the command line and in settings */
	const char *title;		/* in the line of screens */
	const char *what;		/* it shows, for the help */
	char letter;			/* opens it; 0: not listed, another screen opens it */
	bool live;			/* exists for a live machine or a recording */
	bool compared;			/* exists for a comparison */
	bool whole;			/* also takes the rows of the header */
	unsigned wants;			/* of SCREEN_WANTS */
	const struct screen_help *help; /* its keys; NULL: none */

	/* Returns the counts that it shows of those that are counted on request only (a mask of
	 * COUNT_BIT); NULL: none. l may be empty. */
	uint32_t (*counts)(const struct ui *ui, const struct cache_list *l);

	/* Its list of caches; NULL: none. */
	const struct list_look *look;
	/* Returns whether the list shows a row; NULL: it shows all. */
	bool (*shows)(const struct row *row);

	/* Returns whether a row has what the screen is about; NULL: each has. Where none has, it is
	 * dimmed in the line of screens, and the reason is drawn in its place. */
	bool (*fills)(const struct row *row);
	const char
		*about; /* the same in the texts on what is missing; NULL: no row is missing it */

	/* Draws it; selected is the selected row of the list, or NULL. */
	void (*draw)(struct cells *c, struct view *v, int top, int rows,
		     const struct row *selected);

	/* Acts on a key. Returns whether the screen knows it. Keys that the shown screen does not
	 * know go to the other screens. */
	bool (*key)(struct ui *ui, const struct cache_list *l, int key);
	/* Moves by so many rows; NULL: moves the selection of the list. */
	void (*move)(struct ui *ui, long by);

	/* Draws it for --batch from row on, with up to batch_rows rows beside its list. Returns the
	 * row after it. NULL: draws the list, or, without a list, calls draw. */
	int (*batch)(struct cells *c, struct view *v, int row);
	int batch_rows;
	/* Adds its keys to the object of an interval. Returns 0 or -ENOMEM. NULL: none. */
	int (*json)(struct json_t *object, const struct view *v);
};

#endif
