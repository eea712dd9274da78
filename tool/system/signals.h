/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * signals.h: signals as events to poll: they arrive between two intervals, never while slabscope
 * draws or writes.
 */
#ifndef SLABSCOPE_SIGNALS_H
#define SLABSCOPE_SIGNALS_H

#include <stdbool.h>

/*
 * Blocks SIGCHLD and all signals that would end slabscope, except crashes; with a screen also those
 * of the terminal.
 * Signals that were ignored at the start (nohup) stay ignored. Returns a signalfd or a negative
 * errno.
 */
int signals_open(bool screen);

/* Returns the number of the next signal; 0 when there is none. */
int signals_next(int fd);

/* Restores the effect of the signals; drops those that wait. */
void signals_close(int fd);

#endif
