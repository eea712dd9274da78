// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* cells.c: a grid of cells that no text can tear. */
#include "screen/cells.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void clear(struct cells *c)
{
	for (size_t i = 0; i < (size_t)c->rows * (size_t)c->cols; i++)
		c->cell[i] = (struct cell){.text = " "};
}

int cells_resize(struct cells *c, int rows, int cols, bool utf8)
{
	if (rows != c->rows || cols != c->cols || !c->cell) {
		cells_free(c);
		c->cell = reallocarray(NULL, (size_t)rows * (size_t)cols + 1, sizeof(*c->cell));
		if (!c->cell)
			return -ENOMEM;
	}
	c->rows = rows;
	c->cols = cols;
	c->utf8 = utf8;
	clear(c);
	return 0;
}

void cells_free(struct cells *c)
{
	free(c->cell);
	memset(c, 0, sizeof(*c));
}

int cells_put(struct cells *c, int row, int col, int width, enum style style, const char *text)
{
	int end = width < c->cols - col ? col + width : c->cols;

	if (row < 0 || row >= c->rows || col < 0)
		return col;
	for (; *text && col < end; col++) {
		struct cell *cell = &c->cell[(size_t)row * (size_t)c->cols + (size_t)col];

		text += text_next(text, c->utf8, cell->text);
		cell->style = (uint8_t)style;
	}
	return col;
}

int cells_put_right(struct cells *c, int row, int col, int width, enum style style,
		    const char *text)
{
	int blank = width - text_width(text);

	if (blank < 0)
		blank = 0;
	cells_put(c, row, col + blank, width - blank, style, text);
	return col + width;
}

int cells_put_cut(struct cells *c, int row, int col, int width, enum style style, const char *text)
{
	if (width > c->cols - col)
		width = c->cols - col;
	if (width <= 0)
		return col;
	if (text_width(text) <= width)
		return cells_put(c, row, col, width, style, text);
	col = cells_put(c, row, col, width - 1, style, text);
	return cells_put(c, row, col, 1, style, c->utf8 ? "…" : "~");
}

int cells_printf(struct cells *c, int row, int col, int width, enum style style, const char *format,
		 ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return cells_put(c, row, col, width, style, text);
}

void cells_style(struct cells *c, int row, int col, int width, enum style style)
{
	if (row < 0 || row >= c->rows)
		return;
	for (int end = col + width; col < end && col < c->cols; col++)
		if (col >= 0)
			c->cell[(size_t)row * (size_t)c->cols + (size_t)col].style = (uint8_t)style;
}

char *cells_row(const struct cells *c, int row)
{
	char *text = malloc((size_t)c->cols * sizeof(c->cell->text) + 1), *end = text, *full = text;

	if (!text)
		return NULL;
	for (int col = 0; col < c->cols; col++) {
		const struct cell *cell = &c->cell[(size_t)row * (size_t)c->cols + (size_t)col];

		*end++ = cell->text[0];
		for (const char *from = cell->text + 1; *from; from++)
			*end++ = *from;
		if (cell->text[0] != ' ')
			full = end;
	}
	*full = 0;
	return text;
}
