// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* trend.c: what came before the last round. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "trend.h"

static int by_key(const void *a, const void *b)
{
	const struct trend_cache *x = a, *y = b;

	return cache_key_compare(&x->key, &y->key);
}

const struct trend_cache *trend_find(const struct trend *t, const struct cache_key *key)
{
	struct trend_cache wanted = {.key = *key};

	return t->nr ? bsearch(&wanted, t->cache, t->nr, sizeof(wanted), by_key) : NULL;
}

static void push(struct trend_cache *c, double rate)
{
	if (c->nr == TREND_ROUNDS)
		memmove(c->rate, c->rate + 1, (size_t)--c->nr * sizeof(*c->rate));
	c->rate[c->nr++] = rate;
}

static void add_cache(struct trend_cache *to, const struct trend *t, const struct model *m,
		      const struct model_side *side, const struct model_cache *cache)
{
	struct cache_key key = cache_key_of(side, cache);
	const struct trend_cache *before = trend_find(t, &key);
	double rate = traffic_rate(&cache->traffic, COUNT_ALLOCS, m->interval_s);

	*to = before ? *before : (struct trend_cache){.key = key};
	if (!isnan(rate))
		push(to, rate);
}

int trend_update(struct trend *t, const struct model *m)
{
	struct trend next = {0};
	size_t nr = 0;

	for (size_t i = 0; i < m->nr_sides; i++)
		nr += m->side[i].nr_caches;
	next.cache = calloc(nr + 1, sizeof(*next.cache));
	if (!next.cache)
		return -ENOMEM;
	for (size_t i = 0; i < m->nr_sides; i++)
		for (size_t j = 0; j < m->side[i].nr_caches; j++)
			add_cache(&next.cache[next.nr++], t, m, &m->side[i], &m->side[i].cache[j]);
	qsort(next.cache, next.nr, sizeof(*next.cache), by_key);
	trend_free(t);
	*t = next;
	return 0;
}

void trend_free(struct trend *t)
{
	free(t->cache);
	memset(t, 0, sizeof(*t));
}
