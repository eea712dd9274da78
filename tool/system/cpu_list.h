/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* cpu_list.h: lists of CPUs or nodes as the kernel prints them, such as "0-3,8-11". */
#ifndef SLABSCOPE_CPU_LIST_H
#define SLABSCOPE_CPU_LIST_H

#include <stdbool.h>

#define CPU_LIST_MAX 65536 /* all numbers are below it */

struct cpu_range {
	unsigned first, last;
};

/*
 * Reads the next range and moves *text behind it. Returns false at the end of the list and before
 * text that is not a list.
 */
bool cpu_list_next(const char **text, struct cpu_range *to);

/* Returns 1 + the highest number of the list; 0 for an empty list. */
unsigned cpu_list_size(const char *text);

#endif
