/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* draw.h: draws a whole screen: header, screen, line of keys. */
#ifndef SLABSCOPE_DRAW_H
#define SLABSCOPE_DRAW_H

#include "screen/view.h"

/* Draws the screen that v->ui shows, ui->rows by ui->cols. Returns 0 or -ENOMEM. */
int draw_screen(struct cells *c, struct view *v);

#endif
