/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * tui.h: the terminal: draws cells, reads keys. Everything of ncurses is behind it. The terminal is
 * put back as it was by tui_close(), and, should the process crash, on the way down.
 */
#ifndef SLABSCOPE_TUI_H
#define SLABSCOPE_TUI_H

#include "screen/cells.h"
#include "base/failure.h"

/* Takes over the terminal of stdin and stdout and tells its size. 0 or a negative errno. */
int tui_open(int *rows, int *cols, struct failure *f);
void tui_close(void);

/* Does what a signal wants of the screen: its new size, Ctrl-Z, and going on, after which all has to be drawn
 * anew. false: it is none of these. */
bool tui_signal(int signal, int *rows, int *cols);

void tui_draw(const struct cells *c);

/* Whether colours are wanted; without them, or where there are none, attributes tell. */
void tui_colours(bool wanted);

/*
 * Returns a character or enum key of keys.h, or -1 when none is waiting. With KEY_CODE_CLICK and the
 * wheel *row and *col are where.
 */
int tui_key(int *row, int *col);

#endif
