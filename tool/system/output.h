/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * output.h: writing rounds to stdout, which may be a pipe whose reader is slow, stopped or gone. A
 * write never blocks for good: a signal that asks to end is obeyed though nobody reads.
 */
#ifndef SLABSCOPE_OUTPUT_H
#define SLABSCOPE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes all of text to stdout. Returns 0; -EPIPE when the reader has gone; -EINTR when nobody read for
 * OUTPUT_GRACE_MS after signals_fd (a signalfd, which is left unread) had something, or, with ending,
 * at all; else the negative errno of the write.
 */
int output_write(const char *text, size_t length, int signals_fd, bool ending);

#define OUTPUT_GRACE_MS 1000

#endif
