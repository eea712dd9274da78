/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* untorn.h: the conditions that every screen fulfils. */
#ifndef UNTORN_H
#define UNTORN_H

#include <string.h>

#include "screen/cells.h"
#include "fabricate.h"
#include "screen/ui.h"

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
