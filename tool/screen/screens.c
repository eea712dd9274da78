// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screens.c: one row a screen, in the order of the line of screens, of Tab and of the numbers. */
#include "screen/screens.h"

#include <string.h>

/* Letters are capitals: the small ones sort, as in slabtop. */
/* clang-format off */
#define SCREENS(ROW) \
	ROW(caches) \
	ROW(cpus) \
	ROW(latency) \
	ROW(origins) \
	ROW(callers) \
	ROW(walk) \
	ROW(doctor) \
	ROW(compare) \
	ROW(cache) \
	ROW(setup) \
	ROW(sort) \
	ROW(help)
/* clang-format on */

#define DECLARE(name) extern const struct screen screen_##name;
#define ROW(name)     &screen_##name,

SCREENS(DECLARE)
static const struct screen *const table[] = {SCREENS(ROW)};
#define ROWS (sizeof(table) / sizeof(*table))

const struct screen *screens_at(size_t position)
{
	if (position < ROWS)
		return table[position];
	for (size_t i = 0; screens_more && screens_more[i]; i++)
		if (i == position - ROWS)
			return screens_more[i];
	return NULL;
}

bool screens_listed(const struct screen *s, bool comparison)
{
	return s->letter && (comparison ? s->compared : s->live);
}

int screens_number(const struct screen *s)
{
	int number = 0;

	for (size_t i = 0; screens_at(i); i++) {
		number += screens_at(i)->letter != 0;
		if (screens_at(i) == s)
			break;
	}
	return number;
}

const struct screen *screens_first(bool comparison)
{
	return comparison ? &screen_compare : &screen_caches;
}

const struct screen *screens_step(const struct screen *s, int step, bool comparison)
{
	size_t nr = 0, at = 0;

	for (; screens_at(nr); nr++)
		if (screens_at(nr) == s)
			at = nr;
	do {
		at = step > 0 ? (at + 1) % nr : (at + nr - 1) % nr;
	} while (!screens_listed(screens_at(at), comparison));
	return screens_at(at);
}

const struct screen *screens_find(const char *name)
{
	for (size_t i = 0; screens_at(i); i++)
		if (screens_listed(screens_at(i), false) && !strcasecmp(screens_at(i)->name, name))
			return screens_at(i);
	return NULL;
}

const struct screen *screens_of_key(int key, bool comparison)
{
	for (size_t i = 0; key && screens_at(i); i++)
		if (screens_listed(screens_at(i), comparison) &&
		    (key == screens_at(i)->letter || key == '0' + screens_number(screens_at(i))))
			return screens_at(i);
	return NULL;
}
