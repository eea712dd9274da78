/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* text.h: text as a terminal shows it: its characters and its columns. */
#ifndef SLABSCOPE_TEXT_H
#define SLABSCOPE_TEXT_H

#include <stdbool.h>

/*
 * Reads one character of UTF-8 text into to. Returns how many bytes it takes. The character becomes
 * '?' where a terminal may not show it in exactly one column. So does a byte that is not UTF-8,
 * and, unless utf8, what is not ASCII.
 */
int text_next(const char *text, bool utf8, char to[5]);

/* Returns the columns that text takes. */
int text_width(const char *text);

/*
 * Returns how many bytes of text go on a line of so many columns: up to the last blank that fits,
 * or as many as fit if there is none. *next is the text of the next line, "" after the last one.
 */
int text_line(const char *text, int columns, const char **next);

/* Replaces control characters and invalid UTF-8 by '?', in place. */
void text_clean(char *text);

#endif
