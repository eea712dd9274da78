/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* header.h: the first lines of a screen. */
#ifndef SLABSCOPE_HEADER_H
#define SLABSCOPE_HEADER_H

#include "screen/view.h"

/* Returns the rows that the header takes on a screen of that height. */
int header_rows(const struct view *v, int rows);
void header_draw(struct cells *c, const struct view *v, int rows);

#endif
