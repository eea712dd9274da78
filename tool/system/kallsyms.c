// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* kallsyms.c: reads the list without sscanf(), which took two thirds of the time of a start. */
#include "system/kallsyms.h"

#include <stdlib.h>
#include <string.h>

FILE *kallsyms_open(char buffer[KALLSYMS_BUFFER])
{
	FILE *file = fopen("/proc/kallsyms", "re");

	if (file)
		setvbuf(file, buffer, _IOFBF, KALLSYMS_BUFFER);
	return file;
}

/* ADDRESS TYPE NAME, and [MODULE] for a symbol of a module. */
static bool parse(struct kallsym *to)
{
	char *at, *end;

	to->address = strtoull(to->line, &at, 16);
	if (at == to->line || at[0] != ' ' || !at[1] || at[2] != ' ')
		return false;
	to->type = at[1];
	to->name = at + 3;
	end = to->name + strcspn(to->name, "\t\n ");
	if (end == to->name)
		return false;
	to->module = end + strspn(end, "\t\n ");
	*end = 0;
	to->module[strcspn(to->module, "\t\n ")] = 0;
	return true;
}

bool kallsyms_next(FILE *from, struct kallsym *to)
{
	while (fgets(to->line, sizeof(to->line), from))
		if (parse(to))
			return true;
	return false;
}
