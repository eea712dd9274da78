// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* options_tunables.c: parses the tunables, and checks that they fit together. */
#include "command/options_tunables.h"

#include "command/options.h"
#include "replay/replay.h"

enum { KEY_LIMIT = 256, KEY_BATCHCOUNT, KEY_SHAREDFACTOR };

static const struct argp_option rows[] = {
	{"limit", KEY_LIMIT, "N", 0,
	 "Objects in the array of a CPU, 1 to 1024 [default: as recorded]", 1},
	{"batchcount", KEY_BATCHCOUNT, "N", 0,
	 "Objects of a refill or flush, 1 to limit [default: as recorded; with --limit, half of "
	 "it]",
	 1},
	{"sharedfactor", KEY_SHAREDFACTOR, "N", 0,
	 "Batches in the shared array of a node, 0 to 1024 [default: as recorded]", 1},
	{0},
};

static error_t take(const struct argp_state *state, const char *name, const char *value, int min,
		    int *to)
{
	long number;

	if (!options_whole(value, min, 1024, &number))
		return options_wrong(state, name, value,
				     min ? "N must be a whole number, 1 to 1024"
					 : "N must be a whole number, 0 to 1024");
	*to = (int)number;
	return 0;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct replay_settings *s = state->input;

	switch (key) {
	case KEY_LIMIT:
		return take(state, "--limit", value, 1, &s->limit);
	case KEY_BATCHCOUNT:
		return take(state, "--batchcount", value, 1, &s->batchcount);
	case KEY_SHAREDFACTOR:
		return take(state, "--sharedfactor", value, 0, &s->sharedfactor);
	case ARGP_KEY_END:
		if (s->limit > 0 && s->batchcount > s->limit)
			return options_conflict(state,
						"--batchcount must not be larger than --limit");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp options_tunables = {.options = rows, .parser = parse};
