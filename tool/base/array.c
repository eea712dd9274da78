// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* array.c: makes room for four elements, then for twice as many when a power of two is full. */
#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST 4 /* a power of two */

/* Allocates room for so many elements. Returns the array or NULL. */
static char *resize(void *array, size_t room, size_t size)
{
	void *old, *more;

	memcpy(&old, array, sizeof(old));
	more = reallocarray(old, room, size);
	if (more)
		memcpy(array, &more, sizeof(more));
	return more;
}

void *array_insert(void *array, size_t *nr, size_t at, size_t size)
{
	char *first;

	if (!*nr || (*nr >= FIRST && !(*nr & (*nr - 1))))
		first = resize(array, *nr ? 2 * *nr : FIRST, size);
	else
		memcpy(&first, array, sizeof(first));
	if (!first)
		return NULL;
	first += at * size;
	memmove(first + size, first, (*nr - at) * size);
	++*nr;
	return memset(first, 0, size);
}

void *array_append(void *array, size_t *nr, size_t size)
{
	return array_insert(array, nr, *nr, size);
}

void array_remove(void *array, size_t *nr, size_t at, size_t size)
{
	char *first;

	memcpy(&first, array, sizeof(first));
	first += at * size;
	memmove(first, first + size, (*nr - at - 1) * size);
	--*nr;
}

int array_reserve(void *array, size_t nr, size_t *room, size_t size)
{
	size_t more = *room > FIRST ? *room : FIRST;

	if (nr <= *room)
		return 0;
	while (more < nr)
		more *= 2;
	if (!resize(array, more, size))
		return -ENOMEM;
	*room = more;
	return 0;
}
