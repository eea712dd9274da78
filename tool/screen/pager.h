/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* pager.h: text that scrolls: terms and explanations, broken at blanks. */
#ifndef SLABSCOPE_PAGER_H
#define SLABSCOPE_PAGER_H

#include "screen/view.h"

/* Lines before skip and after rows are only counted, so that drawing twice finds the length. */
struct pager {
	struct cells *c;
	int top, rows, term_width;
	size_t skip, line;
};

/* Adds a term and its text; without a term a paragraph; with neither a blank line. */
void pager_put(struct pager *p, const char *term, const char *text);

/* Draws what fill puts, scrolled to ui->text_top, which it keeps in bounds.
 * The last row says which lines these are, where not all fit. */
void pager_draw(struct cells *c, struct view *v, int top, int rows, int term_width,
		void (*fill)(struct pager *p, const struct view *v));

/* Scrolls. */
void pager_move(struct ui *ui, long by);

#endif
