// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* failure.c: keeps the first message about an error; later ones only follow from it. */
#include "base/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int fail(struct failure *f, int err, const char *format, ...)
{
	va_list args;

	if (f && !f->text[0]) {
		va_start(args, format);
		vsnprintf(f->text, sizeof(f->text), format, args);
		va_end(args);
		for (char *c = f->text; *c; c++) /* one line, also where the quoted text has more */
			if ((unsigned char)*c < ' ' || *c == 127)
				*c = ' ';
	}
	return -err;
}
