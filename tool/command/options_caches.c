// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* options_caches.c: splits the list of caches where it stands, in the command line. */
#include "command/options_caches.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/glob.h"
#include "command/options.h"

#define CACHES_MAX 64 /* globs */

static const struct argp_option rows[] = {
	{"caches", 'c', "CACHES", 0,
	 "Include only these caches: globs of names, separated by commas (a comma in a name: \\,)",
	 0},
	{0},
};

static error_t split(char *list, const char *const **to, const struct argp_state *state)
{
	static const char *caches[CACHES_MAX + 1];
	size_t nr = 0;

	for (char *name = list, *next; *name; name = next) {
		size_t length = glob_length(name);

		next = name + length + (name[length] == ',');
		name[length] = 0;
		if (!length)
			continue;
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

int options_caches_check(const char *const *globs, struct trace_reader *recording,
			 struct failure *f)
{
	bool found[CACHES_MAX] = {false};
	const struct trace_event *e;
	size_t nr = 0, missing;

	while (globs && globs[nr])
		nr++;
	for (missing = nr; missing && (e = trace_reader_next(recording));) {
		if (e->id != TRACE_CACHE)
			continue;
		for (size_t i = 0; i < nr; i++) {
			const char *const one[] = {globs[i], NULL};

			if (!found[i] && glob_chooses(one, e->text[0])) {
				found[i] = true;
				missing--;
			}
		}
	}
	trace_reader_rewind(recording);
	for (size_t i = 0; i < nr; i++)
		if (!found[i])
			return fail(f, ENOENT,
				    "-c %s: the recording has no such cache; run the command "
				    "without -c to see their names",
				    globs[i]);
	return 0;
}
