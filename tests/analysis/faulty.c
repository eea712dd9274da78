// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* faulty.c: a fault that each tool of `make analyze` must find. No program contains it. */
#include <stdlib.h>

void faulty(char *p);

void faulty(char *p)
{
	free(p);
	free(p);
}
