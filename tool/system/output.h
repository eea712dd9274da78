/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * output.h: writes to stdout. It may be a pipe with a reader that is slow, stopped or
 * gone. A write never blocks forever: a signal ends it although the pipe stays full.
 */
#ifndef SLABSCOPE_OUTPUT_H
#define SLABSCOPE_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

/*
 * Writes all of text to stdout. signals_fd is a signalfd, which is left unread. Returns 0; -EPIPE
 * when the reader has gone; another negative errno of the write; or -EINTR when the pipe stays full
 * for OUTPUT_GRACE_MS after a signal, or, with ending, for OUTPUT_GRACE_MS at all.
 */
int output_write(const char *text, size_t length, int signals_fd, bool ending);

#define OUTPUT_GRACE_MS 1000

/*
 * Returns the columns that lines on stdout may take: of the variable COLUMNS, or of the terminal;
 * 0: any number.
 */
int output_columns(void);

/*
 * Ends what was printed to stdout. A reader that has gone, as in 'slabscope compare | head', has
 * read what it wanted: this is no failure. Returns 0, or -errno and that what cannot be written.
 */
int output_finish(const char *what, struct failure *f);

/* Prints an object on a line of its own, frees it, and does the same. NULL: there was no memory. */
int output_json(json_t *object, const char *what, struct failure *f);

#endif
