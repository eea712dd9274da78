/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* untorn.h: the text of a screen, and the conditions that every screen fulfils. */
#ifndef UNTORN_H
#define UNTORN_H

#include <stdlib.h>
#include <string.h>

#include "screen/cells.h"
#include "fabricate.h"
#include "screen/ui.h"

/* Returns the number of the first row that contains text, or -1. */
static inline int find_row(const struct cells *cells, const char *text)
{
	for (int row = 0; row < cells->rows; row++) {
		char *line = cells_row(cells, row);
		bool found = line && strstr(line, text);

		free(line);
		if (found)
			return row;
	}
	return -1;
}

/* Every cell is one character of one column, ASCII where it has to be: no row can be torn. */
static inline void assert_untorn(const struct cells *cells, const struct ui *ui)
{
	assert_int_equal(cells->rows, ui->rows);
	assert_int_equal(cells->cols, ui->cols);
	for (int i = 0; i < cells->rows * cells->cols; i++) {
		const unsigned char *text = (const unsigned char *)cells->cell[i].text;
		size_t length = strlen(cells->cell[i].text);

		assert_true(length == 1 ? text[0] >= ' ' && text[0] < 127
					: ui->utf8 && (length == 2 || length == 3));
		assert_true(cells->cell[i].style < STYLES);
	}
}

#endif
