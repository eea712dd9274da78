// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* screens.c: the screens' names and keys. Small letters are slabtop's, and sort. */
#include "screen/screens.h"

#include <string.h>

const struct screen screens[SCREENS] = {
	[SCREEN_TABLE] = {"caches", "Caches", "which cache misses, and what that costs", 'C'},
	[SCREEN_CPUS] = {"cpus", "CPUs", "which CPU misses in which cache, as a map", 'M'},
	[SCREEN_LATENCY] = {"latency", "Latency", "how long refills take, as a histogram", 'L'},
	[SCREEN_ORIGINS] = {"origins", "Origins", "where refills found their objects, over time",
			    'O'},
	[SCREEN_CALLERS] = {"callers", "Callers", "who refills a cache, and from where", 'W'},
	[SCREEN_WALK] = {"walk", "Walk",
			 "the last refill of a cache of the reference, step by step", 'R'},
	[SCREEN_DOCTOR] = {"doctor", "Doctor", "what can be seen here, what not, and why", 'D'},
	[SCREEN_COMPARE] = {"compare", "Compare",
			    "what was recorded and the reference, on the same stream", 'V'},
	[SCREEN_CACHE] = {"cache", "Cache", "all CPUs of one cache", 0},
	[SCREEN_SETUP] = {"setup", "Setup", "columns and colours", 0},
	[SCREEN_HELP] = {"help", "Help", "keys, columns and letters", 0},
};

bool screen_is_there(enum ui_screen screen, bool comparison)
{
	static const bool compared[SCREENS_LISTED] = {
		[SCREEN_TABLE] = true,	 [SCREEN_CPUS] = true,	  [SCREEN_LATENCY] = true,
		[SCREEN_ORIGINS] = true, [SCREEN_COMPARE] = true,
	};

	return comparison ? compared[screen] : screen != SCREEN_COMPARE;
}

int screen_find(const char *name)
{
	for (int i = 0; i < SCREENS_LISTED; i++)
		if (screen_is_there(i, false) && !strcasecmp(screens[i].name, name))
			return i;
	return -1;
}

int screen_of_key(int key)
{
	for (int i = 0; i < SCREENS_LISTED; i++)
		if (key == '1' + i || (key && key == screens[i].letter))
			return i;
	return -1;
}
