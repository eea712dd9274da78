/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* screens.h: the table of screens: their order, their numbers, their names. */
#ifndef SLABSCOPE_SCREENS_H
#define SLABSCOPE_SCREENS_H

#include "screen/screen.h"

/* Returns the screen at a position of the table, from 0; NULL after the last. */
const struct screen *screens_at(size_t position);

/* More screens, ended by NULL, in a program that defines them: the tests add one. */
extern const struct screen *const screens_more[] __attribute__((weak));

/* Those that keys of other screens open. */
extern const struct screen screen_caches, screen_latency, screen_compare, screen_cache;
extern const struct screen screen_setup, screen_sort, screen_help;

/* Whether a screen has a place in the line of screens, for a live machine or for a comparison. */
bool screens_listed(const struct screen *s, bool comparison);

/* Returns the number of a listed screen: 1 for the first. */
int screens_number(const struct screen *s);

/* Returns the screen that is open in the beginning. */
const struct screen *screens_first(bool comparison);

/* Returns the listed screen after s, or before it with a step of -1. */
const struct screen *screens_step(const struct screen *s, int step, bool comparison);

/* Returns the live screen of that name, without regard to case, or NULL. */
const struct screen *screens_find(const char *name);

/* Returns the listed screen that a key (a letter or a digit) opens, or NULL. */
const struct screen *screens_of_key(int key, bool comparison);

#endif
