/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* manual.h: the manual slabscope(1), from a template and the table of commands. */
#ifndef SLABSCOPE_MANUAL_H
#define SLABSCOPE_MANUAL_H

#include <stdio.h>

#include "base/failure.h"

/*
 * Prints the template with its marks filled in. A mark is a comment of mdoc at the beginning of a
 * line:
 *
 *   .\" @synopsis            the synopsis of every command
 *   .\" @commands            a list of the commands
 *   .\" @options COMMAND     a list of its options, without COMMAND those of every command;
 *                                the lines up to @end add to it:
 *   .\" @more OPTION             the lines after it follow the description of this option
 *   .\" @end
 *   .\" @examples            the examples of every command
 *   .\" @screens             a list of the screens
 *
 * Returns 0, or a negative errno with the failure filled: a mark that is not known, or that names a
 * command or an option that does not exist.
 */
int manual_print(const char *template, FILE *to, struct failure *f);

#endif
