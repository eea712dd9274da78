/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* kallsyms.h: the kernel's list of its symbols, a few hundred thousand lines, one by one. */
#ifndef SLABSCOPE_KALLSYMS_H
#define SLABSCOPE_KALLSYMS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct kallsym {
	uint64_t address; /* 0: hidden from this user */
	char type;
	char *name;
	char *module; /* "[name]"; "" for the kernel itself */
	char line[1024];
};

/*
 * Opens the list, which the caller closes. Returns NULL and sets errno where it cannot be read.
 * stdio would read 1 KiB at a time; the buffer must live until the list is closed.
 */
#define KALLSYMS_BUFFER (32 << 10)
FILE *kallsyms_open(char buffer[KALLSYMS_BUFFER]);

/*
 * Reads the next symbol and skips other lines. Returns false at the end, and where reading fails:
 * then ferror() is true.
 */
bool kallsyms_next(FILE *from, struct kallsym *to);

#endif
