/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* list_view.h: the common part of all lists of caches. */
#ifndef SLABSCOPE_LIST_VIEW_H
#define SLABSCOPE_LIST_VIEW_H

#include "screen/view.h"

/* How a list looks: a heading, a row for each cache, and a text that explains an empty list. */
struct list_look {
	void (*heading)(struct cells *c, const struct view *v, int row);
	void (*row)(struct cells *c, const struct view *v, int row, const struct row *r,
		    bool selected);
	const char *empty; /* NULL: the general text */
};

/* Draws the list in rows rows from top on. */
void list_view(struct cells *c, struct view *v, const struct list_look *look, int top, int rows);

/* Writes why there are no caches at all, and what to do: the command first, if one helps. */
void list_view_no_caches(const struct model *m, char *text, size_t size);

/* The callers of a cache that list_view_all() draws under it. */
#define LIST_VIEW_CALLERS 4

/* Draws the caches that had events, with their callers if those are known, and counts the others.
 * Returns the row after them. */
int list_view_all(struct cells *c, struct view *v, const struct list_look *look, int row);

/* With that many rows below the header a list leaves some to a pane. */
#define LIST_VIEW_WITH_PANE 5

/* Draws more on a row of the list, in rows rows from top on. */
typedef void list_view_pane(struct cells *c, const struct view *v, int top, int rows,
			    const struct row *r);

/* Draws the list, and under it a larger pane for the selected row if there is room. */
void list_view_and_pane(struct cells *c, struct view *v, const struct list_look *look,
			list_view_pane *pane, int top, int rows, const struct row *selected);

/* The same as text: all caches, then the pane of the first, of LIST_VIEW_PANE_ROWS rows. Returns
 * the row after it. */
#define LIST_VIEW_PANE_ROWS 24
int list_view_all_and_pane(struct cells *c, struct view *v, const struct list_look *look,
			   list_view_pane *pane, int row);

/* The beginning of most rows: marker, name, side. Each returns the column after it. */
int list_view_name(struct cells *c, const struct view *v, int row, const struct row *r,
		   bool selected);
int list_view_name_heading(struct cells *c, const struct view *v, int row);
int list_view_name_end(const struct cells *c, const struct view *v);

#endif
