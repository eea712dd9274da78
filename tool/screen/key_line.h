/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* key_line.h: the last line of the screen. */
#ifndef SLABSCOPE_KEY_LINE_H
#define SLABSCOPE_KEY_LINE_H

#include "screen/view.h"

/* Draws the keys, or what the user types. */
void key_line_draw(struct cells *c, const struct view *v, int row);

#endif
