/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* unfilled.h: a screen about what no cache has: the reason in its place. */
#ifndef SLABSCOPE_UNFILLED_H
#define SLABSCOPE_UNFILLED_H

#include "screen/screen.h"

/* Returns whether no cache of the model fills the screen. */
bool unfilled_is(const struct screen *s, const struct view *v);

/* Draws why the shown screen is empty, and what to do, in the middle of rows rows from top on. */
void unfilled_draw(struct cells *c, const struct view *v, int top, int rows);

#endif
