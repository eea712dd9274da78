// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* options_caches.c: splits the list of caches where it stands, in the command line. */
#include "command/options_caches.h"

#include <string.h>

#include "command/options.h"

#define CACHES_MAX 64 /* globs */

static const struct argp_option rows[] = {
	{"caches", 'c', "CACHES", 0,
	 "Include only these caches: globs of names, separated by commas", 0},
	{0},
};

static error_t split(char *list, const char *const **to, const struct argp_state *state)
{
	static const char *caches[CACHES_MAX + 1];
	size_t nr = 0;

	for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		if (nr == CACHES_MAX)
			return options_wrong(state, "-c", name, "at most 64 names are possible");
		caches[nr++] = name;
	}
	if (!nr)
		return options_wrong(state, "-c", "''", "CACHES needs at least one name");
	caches[nr] = NULL;
	*to = caches;
	return 0;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
	return key == 'c' ? split(value, state->input, state) : ARGP_ERR_UNKNOWN;
}

const struct argp options_caches = {.options = rows, .parser = parse};
