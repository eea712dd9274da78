/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* list_view.h: the common part of all lists of caches. */
#ifndef SLABSCOPE_LIST_VIEW_H
#define SLABSCOPE_LIST_VIEW_H

#include "screen/view.h"

/* How a list looks: a heading, a row for each cache, and a text that says why it is empty. */
struct list_look {
	void (*heading)(struct cells *c, const struct view *v, int row);
	void (*row)(struct cells *c, const struct view *v, int row, const struct row *r,
		    bool selected);
	const char *empty; /* NULL: the general text */
};

/* Draws the list in rows rows from top on. */
void list_view(struct cells *c, struct view *v, const struct list_look *look, int top, int rows);

/* The callers of a cache that list_view_all() draws under it. */
#define LIST_VIEW_CALLERS 4

/* Draws the caches that had events, with their callers if those are known, and counts the others.
 * Returns the row after them. */
int list_view_all(struct cells *c, struct view *v, const struct list_look *look, int row);

/* With that many rows below the header a list leaves some to a pane. */
#define LIST_VIEW_WITH_PANE 5

/* Returns the rows of a pane that takes more than the list does; 0: there is no room, or no row. */
int list_view_large_pane(const struct row *selected, int rows);

/* The beginning of most rows: marker, name, side. Each returns the column after it. */
int list_view_name(struct cells *c, int row, const struct row *r, bool selected);
int list_view_name_heading(struct cells *c, int row);
int list_view_name_end(const struct cells *c);

#endif
