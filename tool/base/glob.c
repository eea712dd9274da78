// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* glob.c: globs by fnmatch(3). */
#include "base/glob.h"

#include <fnmatch.h>

bool glob_chooses(const char *const *list, const char *name)
{
	if (!list || !*list)
		return true;
	for (; *list; list++)
		if (!fnmatch(*list, name, 0))
			return true;
	return false;
}

size_t glob_length(const char *text)
{
	size_t length = 0;

	while (text[length] && text[length] != ',')
		length += text[length] == '\\' && text[length + 1] ? 2 : 1;
	return length;
}
