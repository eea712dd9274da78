/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * signals.h: signals as something to poll: they come in between two rounds, never in the middle of
 * drawing or writing.
 */
#ifndef SLABSCOPE_SIGNALS_H
#define SLABSCOPE_SIGNALS_H

#include <stdbool.h>

/* Blocks the signals that end it and SIGCHLD; with a screen, those of the terminal too. Signals that
 * whoever started the process had ignored (nohup) stay so. Returns a signalfd or a negative errno. */
int signals_open(bool screen);

/* Returns the number of the next signal, or 0 when none waits. */
int signals_next(int fd);

/* Gives the signals back what they do; what waits is dropped. */
void signals_close(int fd);

#endif
