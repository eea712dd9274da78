// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* line.c: reads the first line of a file. */
#include "system/line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int line_read(const char *path, char *to, size_t size)
{
	FILE *file = fopen(path, "re");
	int err = 0;

	to[0] = '\0';
	if (!file)
		return errno;
	if (!fgets(to, size, file))
		err = ferror(file) ? EIO : ENODATA;
	to[strcspn(to, "\n")] = '\0';
	fclose(file);
	return err;
}
