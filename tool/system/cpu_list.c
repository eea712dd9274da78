// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* cpu_list.c: reads lists of CPUs, range by range. */
#include "system/cpu_list.h"

#include <ctype.h>
#include <stdlib.h>

/* Reads a number below CPU_LIST_MAX. Returns the text behind it, or NULL. */
static const char *read_cpu(const char *text, unsigned *to)
{
	unsigned long v;
	char *end;

	if (!isdigit((unsigned char)*text))
		return NULL;
	v = strtoul(text, &end, 10);
	*to = (unsigned)v;
	return v < CPU_LIST_MAX ? end : NULL;
}

bool cpu_list_next(const char **text, struct cpu_range *to)
{
	const char *at = read_cpu(*text, &to->first);

	if (!at)
		return false;
	to->last = to->first;
	if (*at == '-')
		at = read_cpu(at + 1, &to->last);
	if (!at || to->last < to->first)
		return false;
	*text = at + (*at == ',');
	return true;
}

unsigned cpu_list_size(const char *text)
{
	struct cpu_range range;
	unsigned size = 0;

	while (cpu_list_next(&text, &range))
		if (size <= range.last)
			size = range.last + 1;
	return size;
}
