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
