/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * array.h: arrays that grow, and a search in sorted arrays. An array is a pointer, which its owner
 * frees, and the number of its elements. NULL and 0 are an empty array.
 */
#ifndef SLABSCOPE_ARRAY_H
#define SLABSCOPE_ARRAY_H

#include <stddef.h>

/*
 * Take the address of the pointer, and the size of an element. array_append() and array_insert()
 * return the new, zeroed element. Without memory they return NULL, and the array stays as it was.
 */
void *array_append(void *array, size_t *nr, size_t size);
void *array_insert(void *array, size_t *nr, size_t at, size_t size);
void array_remove(void *array, size_t *nr, size_t at, size_t size);

/*
 * Makes room for nr elements. *room says how many have room; new room is not zeroed. Returns 0 or
 * -ENOMEM. An array uses either this function or those above, not both.
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
