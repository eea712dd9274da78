// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * kallsyms.c: reads the list without sscanf() and strtoull(): its hundred thousand lines took most
 * of the time of a start.
 */
#include "system/kallsyms.h"

#include <string.h>

FILE *kallsyms_open(char buffer[KALLSYMS_BUFFER])
{
	FILE *file = fopen("/proc/kallsyms", "re");

	if (file)
		setvbuf(file, buffer, _IOFBF, KALLSYMS_BUFFER);
	return file;
}

/* Reads hexadecimal digits. *end is after the last. */
static uint64_t parse_hex(char *from, char **end)
{
	uint64_t value = 0;

	for (;; from++) {
		unsigned digit = *from >= '0' && *from <= '9'	? (unsigned)*from - '0'
				 : *from >= 'a' && *from <= 'f' ? (unsigned)*from - 'a' + 10
								: 16;

		if (digit > 15)
			break;
		value = value << 4 | digit;
	}
	*end = from;
	return value;
}

/* ADDRESS TYPE NAME, and [MODULE] for a symbol of a module. */
static bool parse(struct kallsym *to)
{
	char *at, *end;

	to->address = parse_hex(to->line, &at);
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
