/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * array.h: arrays that grow, and search in sorted ones. An array is a pointer that the owner frees
 * and the number of its elements; NULL and 0 are an empty one. Its room doubles, so no file keeps it.
 */
#ifndef SLABSCOPE_ARRAY_H
#define SLABSCOPE_ARRAY_H

#include <stddef.h>

/*
 * Each function takes the address of the array's pointer, and the size of an element.
 * array_append() and array_insert() return the new, zeroed element; NULL without memory, and the
 * array is as it was.
 */
void *array_append(void *array, size_t *nr, size_t size);
void *array_insert(void *array, size_t *nr, size_t at, size_t size);
void array_remove(void *array, size_t *nr, size_t at, size_t size);

/*
 * Makes room for nr elements where *room says for how many there is room; new room is not zeroed.
 * For arrays of which the length is known, or that are not appended to one by one. Returns 0 or
 * -ENOMEM. Use an array with this function or with those above, not with both.
 */
int array_reserve(void *array, size_t nr, size_t *room, size_t size);

/*
 * Returns the index of the first element that does not come before the key, nr if all do.
 * before(element, key) returns whether an element comes before it.
 */
static inline size_t array_lower_bound(const void *array, size_t nr, size_t size, const void *key,
				       int (*before)(const void *element, const void *key))
{
	size_t low = 0;

	while (nr) {
		size_t half = nr / 2;

		if (before((const char *)array + (low + half) * size, key)) {
			low += half + 1;
			nr -= half + 1;
		} else {
			nr = half;
		}
	}
	return low;
}

#endif
