/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * cells.h: a screen as a grid of cells, each with one column of text and a meaning. Views fill it;
 * the terminal, batch text and tests read it. Nothing that is put in can tear it: text is clipped at
 * the grid's edge, and what is not a printable character one column wide becomes '?'.
 */
#ifndef SLABSCOPE_CELLS_H
#define SLABSCOPE_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a cell means; the terminal chooses the looks. */
enum style {
	STYLE_NORMAL,
	STYLE_TITLE,	/* the name of what is shown */
	STYLE_HEADING,	/* of columns */
	STYLE_SORTED,	/* the heading of the column that sorts */
	STYLE_SELECTED, /* the row that the cursor is on */
	STYLE_DIM,	/* not known, or idle */
	STYLE_WARN,
	STYLE_BAD,
	STYLE_KERNEL,
	STYLE_REFERENCE,
	STYLE_KEY,	/* a key's name */
	STYLE_KEY_TEXT, /* what it does */
	STYLE_HERE,	/* the screen that is shown, in the line of screens */
	STYLE_SCALE,	/* + 0 (cheap) to SCALE_LEVELS - 1 (dear): text on the scale of costs */
	STYLE_HEAT = STYLE_SCALE + 8, /* + the same: a filled cell */
	STYLES = STYLE_HEAT + 8
};

#define SCALE_LEVELS (STYLE_HEAT - STYLE_SCALE)

struct cell {
	char text[5]; /* one character in UTF-8 */
	uint8_t style;
};

struct cells {
	int rows, cols;
	bool utf8;	   /* false: ASCII only */
	struct cell *cell; /* rows * cols */
};

/* Makes it rows by cols of blanks. Returns 0 or -ENOMEM; the grid is then empty. */
int cells_resize(struct cells *c, int rows, int cols, bool utf8);
void cells_free(struct cells *c);

/* Puts at most width columns of text there. Returns the column after it. */
int cells_put(struct cells *c, int row, int col, int width, enum style style, const char *text);

/* The same, right-aligned in width columns. Returns col + width. */
int cells_put_right(struct cells *c, int row, int col, int width, enum style style,
		    const char *text);

/* The same, cut to width columns with an ellipsis if it is longer. */
int cells_put_cut(struct cells *c, int row, int col, int width, enum style style, const char *text);

/* The same for formatted text, cut at 511 bytes. */
int cells_printf(struct cells *c, int row, int col, int width, enum style style, const char *format,
		 ...) __attribute__((format(printf, 6, 7)));

/* Gives the cells a style and keeps their text. */
void cells_style(struct cells *c, int row, int col, int width, enum style style);

/* The row's text without blanks at its end: a string that the caller frees, or NULL. */
char *cells_row(const struct cells *c, int row);

#endif
