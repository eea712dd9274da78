// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* trend.c: the history of each cache. */
#include "model/trend.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_key(const void *a, const void *b)
{
	const struct trend_cache *x = a, *y = b;

	return cache_key_compare(&x->key, &y->key);
}

static struct trend_cache *find(const struct trend *t, const struct cache_key *key)
{
	struct trend_cache wanted = {.key = *key};

	return t->nr ? bsearch(&wanted, t->cache, t->nr, sizeof(wanted), by_key) : NULL;
}

const struct trend_cache *trend_find(const struct trend *t, const struct cache_key *key)
{
	return find(t, key);
}

static void free_cache(struct trend_cache *c)
{
	free(c->round);
	free(c->refill_ns);
}

/* ---- adding a round ------------------------------------------------------------------- */

/* Keeps a beginning of a window every quarter of its length. */
static void push_anchor(struct trend_cache *c, const struct trend_round *now)
{
	double since = c->nr_anchors ? now->wall - c->anchor[c->nr_anchors - 1].wall : INFINITY;

	if (since < 0) /* the clock was set back */
		c->nr_anchors = 0;
	else if (since < TREND_GROWTH_S / (TREND_ANCHORS - 1))
		return;
	if (c->nr_anchors == TREND_ANCHORS)
		memmove(c->anchor, c->anchor + 1, (size_t)--c->nr_anchors * sizeof(*c->anchor));
	c->anchor[c->nr_anchors++] = (struct trend_anchor){now->wall, now->bytes};
}

static void push(struct trend_cache *c, const struct model *m, const struct model_cache *now)
{
	struct trend_round *r;

	if (!c->round)
		return; /* another cache has the same key and took its history */
	if (c->nr == TREND_ROUNDS)
		memmove(c->round, c->round + 1, (size_t)--c->nr * sizeof(*c->round));
	r = &c->round[c->nr++];
	r->wall = m->wall;
	r->allocs = traffic_rate(&now->traffic, COUNT_ALLOCS, m->interval_s);
	r->bytes =
		now->gauges_known & GAUGE_BIT(GAUGE_BYTES) ? (double)now->gauge[GAUGE_BYTES] : NAN;
	push_anchor(c, r);
	for (int i = 0; i < ORIGINS; i++)
		r->origins[i] = traffic_rate(&now->traffic, COUNT_ORIGIN + i, m->interval_s);
	if (c->refill_ns && now->refill_ns)
		hist_add(c->refill_ns, now->refill_ns);
}

/* Makes room for all that push() will keep. Returns 0, or -ENOMEM without a change. */
static int make_room(struct trend_cache *c, const struct trend_cache *before,
		     const struct model_cache *now)
{
	if (!before || !before->round) {
		c->round = calloc(TREND_ROUNDS, sizeof(*c->round));
		if (!c->round)
			return -ENOMEM;
	}
	if (now->refill_ns && !(before && before->refill_ns)) {
		c->refill_ns = calloc(1, sizeof(*c->refill_ns));
		if (!c->refill_ns)
			return -ENOMEM;
	}
	return 0;
}

/* Takes the history of the same cache. */
static void inherit(struct trend_cache *c, struct trend_cache *before)
{
	if (!before)
		return;
	if (before->round) {
		c->round = before->round;
		c->nr = before->nr;
		memcpy(c->anchor, before->anchor, sizeof(c->anchor));
		c->nr_anchors = before->nr_anchors;
		before->round = NULL;
	}
	if (before->refill_ns) {
		c->refill_ns = before->refill_ns;
		before->refill_ns = NULL;
	}
}

int trend_update(struct trend *t, const struct model *m)
{
	struct trend next = {0};
	size_t nr = 0, at = 0;
	int err = 0;

	for (size_t i = 0; i < m->nr_sides; i++)
		nr += m->side[i].nr_caches;
	next.cache = calloc(nr + 1, sizeof(*next.cache));
	if (!next.cache)
		return -ENOMEM;
	for (size_t i = 0; i < m->nr_sides && !err; i++) {
		for (size_t j = 0; j < m->side[i].nr_caches && !err; j++) {
			struct trend_cache *c = &next.cache[next.nr++];

			c->key = cache_key_of(&m->side[i], &m->side[i].cache[j]);
			err = make_room(c, find(t, &c->key), &m->side[i].cache[j]);
		}
	}
	if (err) {
		trend_free(&next);
		return err;
	}
	for (size_t i = 0; i < m->nr_sides; i++) {
		for (size_t j = 0; j < m->side[i].nr_caches; j++, at++) {
			inherit(&next.cache[at], find(t, &next.cache[at].key));
			push(&next.cache[at], m, &m->side[i].cache[j]);
		}
	}
	qsort(next.cache, next.nr, sizeof(*next.cache), by_key);
	trend_free(t);
	*t = next;
	return 0;
}

static int copy_cache(struct trend_cache *to, const struct trend_cache *from)
{
	*to = *from;
	to->round = NULL;
	to->refill_ns = NULL;
	if (from->round) {
		to->round = calloc(TREND_ROUNDS, sizeof(*to->round));
		if (!to->round)
			return -ENOMEM;
		memcpy(to->round, from->round, (size_t)from->nr * sizeof(*to->round));
	}
	if (from->refill_ns) {
		to->refill_ns = malloc(sizeof(*to->refill_ns));
		if (!to->refill_ns)
			return -ENOMEM;
		*to->refill_ns = *from->refill_ns;
	}
	return 0;
}

int trend_copy(struct trend *to, const struct trend *from)
{
	*to = (struct trend){.cache = calloc(from->nr + 1, sizeof(*to->cache))};
	if (!to->cache)
		return -ENOMEM;
	while (to->nr < from->nr) {
		if (copy_cache(&to->cache[to->nr], &from->cache[to->nr])) {
			to->nr++;
			trend_free(to);
			return -ENOMEM;
		}
		to->nr++;
	}
	return 0;
}

/* ---- reading -------------------------------------------------------------------------- */

double trend_growth(const struct trend_cache *c)
{
	const struct trend_round *now;

	if (!c || !c->nr)
		return NAN;
	now = &c->round[c->nr - 1];
	for (int i = c->nr_anchors - 1; i >= 0; i--) {
		double elapsed = now->wall - c->anchor[i].wall;

		if (elapsed >= TREND_GROWTH_S)
			return (now->bytes - c->anchor[i].bytes) / elapsed * 60;
	}
	return NAN;
}

void trend_free(struct trend *t)
{
	for (size_t i = 0; i < t->nr; i++)
		free_cache(&t->cache[i]);
	free(t->cache);
	memset(t, 0, sizeof(*t));
}
