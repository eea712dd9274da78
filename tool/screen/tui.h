/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * tui.h: the terminal: draws cells, reads keys. Only this file knows ncurses. tui_close() restores
 * the terminal, and so does a crash of the process.
 */
#ifndef SLABSCOPE_TUI_H
#define SLABSCOPE_TUI_H

#include "screen/cells.h"
#include "base/failure.h"

/* Takes over the terminal of stdin and stdout and sets its size. Returns 0 or a negative errno. */
int tui_open(int *rows, int *cols, struct failure *f);
void tui_close(void);

/* Handles SIGWINCH, SIGTSTP (Ctrl-Z) and SIGCONT, after which the caller draws again. Returns false
 * for other signals. */
bool tui_signal(int signal, int *rows, int *cols);

void tui_draw(const struct cells *c);

/* Turns colours on or off; attributes replace them. */
void tui_colours(bool wanted);

/* Returns a character or enum key, or -1 if none is waiting. Clicks and the wheel set *row and
 * *col. */
int tui_key(int *row, int *col);

#endif
