// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* replay_sweep.c: parses the settings of a sweep, replays each, and recommends one. */
#include "replay/replay_sweep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX   256
#define SETTINGS_MAX 1024

struct values {
	int value[VALUES_MAX];
	unsigned nr;
};

enum dimension { LIMIT, BATCHCOUNT, SHAREDFACTOR, DIMENSIONS };
static const char *const names[] = {"limit", "batchcount", "sharedfactor"};

static bool add(struct values *v, long value, long min)
{
	if (value < min || value > 1024 || v->nr == VALUES_MAX)
		return false;
	v->value[v->nr++] = (int)value;
	return true;
}

/* Parses "8..512", "16..64/16", or "30:60:120". Returns false for anything else. */
static bool parse_values(const char *text, long min, struct values *to)
{
	char *end;
	long from = strtol(text, &end, 10), last, step = 0;

	if (end == text || !add(to, from, min))
		return false;
	if (!strncmp(end, "..", 2)) {
		text = end + 2;
		last = strtol(text, &end, 10);
		if (end == text || last < from || last > 1024)
			return false;
		if (*end == '/') {
			text = end + 1;
			step = strtol(text, &end, 10);
			if (end == text || step < 1)
				return false;
		}
		while (from < last) {
			from = step ? from + step : from ? 2 * from : 1;
			if (!add(to, from < last ? from : last, min))
				return false;
		}
		return !*end;
	}
	while (*end == ':') {
		text = end + 1;
		from = strtol(text, &end, 10);
		if (end == text || !add(to, from, min))
			return false;
	}
	return !*end;
}

/* Parses one setting, such as "limit=8..512", which it cuts. what: all of them. */
static int parse_part(char *part, const char *what, struct values *to, struct failure *f)
{
	char *values = strchr(part, '=');
	int d = 0;

	if (values)
		*values++ = 0;
	while (d < DIMENSIONS && strcmp(part, names[d]))
		d++;
	if (!values || d == DIMENSIONS)
		return fail(f, EINVAL,
			    "--sweep %s: '%s' must be limit=, batchcount= or sharedfactor=", what,
			    part);
	if (to[d].nr)
		return fail(f, EINVAL,
			    "--sweep %s: %s is there twice; give its values as in %s=30:60:120",
			    what, part, part);
	if (!parse_values(values, d != SHAREDFACTOR, &to[d]))
		return fail(f, EINVAL,
			    "--sweep %s: the values '%s' must be as 8..512 (doubling), 16..64/16 "
			    "(in steps) or 30:60:120, from %d to 1024",
			    what, values, d != SHAREDFACTOR);
	return 0;
}

static int parse(const char *what, struct values *to, struct failure *f)
{
	char text[256], *save;
	int err = 0;

	if (strlen(what) >= sizeof(text))
		return fail(f, EINVAL, "--sweep is too long");
	strcpy(text, what);
	for (char *part = strtok_r(text, ",", &save); part && !err;
	     part = strtok_r(NULL, ",", &save))
		err = parse_part(part, what, to, f);
	if (!err && !to[LIMIT].nr && !to[BATCHCOUNT].nr && !to[SHAREDFACTOR].nr)
		return fail(f, EINVAL, "--sweep needs at least one setting");
	return err;
}

/* Returns value n; without values, the base. */
static int nth(const struct values *v, unsigned n, int base)
{
	return v->nr ? v->value[n] : base;
}

static unsigned at_least_one(unsigned nr)
{
	return nr ? nr : 1;
}

static int make_settings(const struct values *v, const struct replay_settings *base,
			 struct replay_sweep *to, struct failure *f)
{
	to->setting = calloc(SETTINGS_MAX, sizeof(*to->setting));
	to->run = calloc(SETTINGS_MAX, sizeof(*to->run));
	if (!to->setting || !to->run)
		return fail(f, ENOMEM, "no memory for a sweep");
	for (unsigned l = 0; l < at_least_one(v[LIMIT].nr); l++)
		for (unsigned b = 0; b < at_least_one(v[BATCHCOUNT].nr); b++)
			for (unsigned s = 0; s < at_least_one(v[SHAREDFACTOR].nr); s++) {
				struct replay_settings *one = &to->setting[to->nr];

				*one = *base;
				one->limit = nth(&v[LIMIT], l, base->limit);
				one->batchcount = nth(&v[BATCHCOUNT], b, base->batchcount);
				one->sharedfactor = nth(&v[SHAREDFACTOR], s, base->sharedfactor);
				if (one->limit >= 0 && one->batchcount > one->limit)
					continue;
				if (++to->nr == SETTINGS_MAX)
					return fail(f, E2BIG, "--sweep: more than %d settings",
						    SETTINGS_MAX - 1);
			}
	return to->nr ? 0 : fail(f, EINVAL, "--sweep: every batchcount is larger than its limit");
}

int replay_sweep_check(const char *what, const struct replay_settings *base, struct failure *f)
{
	const int given[] = {base->limit, base->batchcount, base->sharedfactor};
	struct values values[DIMENSIONS] = {0};
	struct replay_sweep sweep = {0};
	int err = parse(what, values, f);

	for (int d = 0; d < DIMENSIONS && !err; d++)
		if (values[d].nr && given[d] >= 0)
			err = fail(f, EINVAL, "--%s and --sweep %s= exclude each other: give one",
				   names[d], names[d]);
	if (!err)
		err = make_settings(values, base, &sweep, f);
	free(sweep.setting);
	free(sweep.run);
	return err;
}

int replay_sweep_run(struct trace_reader *r, const char *what, const struct replay_settings *base,
		     struct replay_sweep *to, struct failure *f)
{
	struct values values[DIMENSIONS] = {0};
	int err = parse(what, values, f);

	*to = (struct replay_sweep){0};
	if (!err)
		err = make_settings(values, base, to, f);
	for (size_t i = 0; i < to->nr && !err; i++)
		err = replay_run(r, &to->setting[i], &to->run[i], f);
	if (err)
		replay_sweep_free(to);
	return err;
}

void replay_sweep_free(struct replay_sweep *s)
{
	for (size_t i = 0; i < s->nr; i++)
		replay_free(&s->run[i]);
	free(s->run);
	free(s->setting);
	*s = (struct replay_sweep){0};
}

/* Returns how many objects this setting may keep idle. */
static uint64_t size_of(const struct replay_cache *c)
{
	return (uint64_t)c->limit * c->cpus + (uint64_t)c->sharedfactor * c->batchcount * c->nodes;
}

int replay_sweep_recommend(const struct replay_sweep *s, size_t cache)
{
	uint64_t best = UINT64_MAX;
	int found = -1;

	for (size_t i = 0; i < s->nr; i++) {
		const struct replay_cache *c = &s->run[i].cache[cache];

		if (c->replayed && c->replayed_counts.refills < best)
			best = c->replayed_counts.refills;
	}
	for (size_t i = 0; i < s->nr; i++) {
		const struct replay_cache *c = &s->run[i].cache[cache];

		if (!c->replayed ||
		    (double)c->replayed_counts.refills > REPLAY_SWEEP_ENOUGH * (double)best)
			continue;
		if (found < 0 || size_of(c) < size_of(&s->run[found].cache[cache]))
			found = (int)i;
	}
	return found;
}
