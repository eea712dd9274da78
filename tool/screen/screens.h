/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* screens.h: the screens that there are: what they are called, and which keys open them. */
#ifndef SLABSCOPE_SCREENS_H
#define SLABSCOPE_SCREENS_H

#include <stdbool.h>

/* Those before SCREEN_CACHE have a place in the line of screens, in this order, and Tab goes through
 * them; the others are opened from one of them, and Esc goes back there. */
enum ui_screen {
	SCREEN_TABLE,
	SCREEN_CPUS,
	SCREEN_LATENCY,
	SCREEN_ORIGINS,
	SCREEN_CALLERS,
	SCREEN_WALK,
	SCREEN_DOCTOR,
	SCREEN_COMPARE,
	SCREEN_CACHE,
	SCREEN_SETUP,
	SCREEN_HELP,
	SCREENS
};
#define SCREENS_LISTED SCREEN_CACHE

struct screen {
	const char *name;  /* on the command line and in settings */
	const char *title; /* in the line of screens */
	const char *what;  /* for the help */
	char letter;	   /* opens it, as its number in the line does; 0: none */
};
extern const struct screen screens[SCREENS];

#define SCREEN_NAMES "caches, cpus, latency, origins, callers, walk, doctor"

/* Whether there is something for a listed screen to show: of rounds, or of a comparison. */
bool screen_is_there(enum ui_screen screen, bool comparison);

/* The listed screen of that name that top has, or -1. */
int screen_find(const char *name);

/* The listed screen that a key (a letter or a digit) opens, or -1. */
int screen_of_key(int key);

#endif
