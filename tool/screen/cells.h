/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * cells.h: a screen as a grid of cells, each with one column of text and a meaning. Screens fill
 * it; the terminal, batch text and tests read it. No text can tear it: text is clipped at the edge
 * of the grid, and characters that are not printable or not one column wide become '?'.
 */
#ifndef SLABSCOPE_CELLS_H
#define SLABSCOPE_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The meaning of a cell; the terminal chooses the looks. */
enum style {
	STYLE_NORMAL,
	STYLE_TITLE,	/* a name */
	STYLE_HEADING,	/* of columns */
	STYLE_SORTED,	/* the heading of the column that sorts */
	STYLE_SELECTED, /* the row that the cursor is on */
	STYLE_DIM,	/* unknown, or idle */
	STYLE_WARN,
	STYLE_BAD,
	STYLE_KERNEL,
	STYLE_REFERENCE,
	STYLE_KEY,		      /* a key's name */
	STYLE_KEY_TEXT,		      /* the action of a key */
	STYLE_HERE,		      /* the shown screen, in the line of screens */
	STYLE_SCALE,		      /* + 0 (cheap) to SCALE_LEVELS - 1 (expensive): text */
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

/* Makes a grid of blanks. Returns 0 or -ENOMEM; the grid is then empty. */
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
