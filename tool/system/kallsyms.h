/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* kallsyms.h: the kernel's own list of its symbols, a few hundred thousand lines, one after another. */
#ifndef SLABSCOPE_KALLSYMS_H
#define SLABSCOPE_KALLSYMS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct kallsym {
	uint64_t address; /* 0: not for us to see */
	char type;
	char *name;
	char *module; /* "[name]", or "": the kernel's own */
	char line[1024];
};

/* NULL, and errno: it cannot be read. The caller closes it; until then it needs the buffer, for stdio would ask
 * for 1 KiB at a time. */
#define KALLSYMS_BUFFER (32 << 10)
FILE *kallsyms_open(char buffer[KALLSYMS_BUFFER]);

/* The next symbol of such a list; a line that is none is left out. Returns false at the end. */
bool kallsyms_next(FILE *from, struct kallsym *to);

#endif
