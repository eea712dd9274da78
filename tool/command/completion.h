/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* completion.h: the completions of shells, generated from the table of commands. */
#ifndef SLABSCOPE_COMPLETION_H
#define SLABSCOPE_COMPLETION_H

#include <stdbool.h>
#include <stdio.h>

/* Whether there is a completion for that shell. */
bool completion_exists(const char *shell);

/* Prints the completion of an existing shell. */
void completion_print(const char *shell, FILE *to);

#endif
