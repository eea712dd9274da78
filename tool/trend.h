/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* trend.h: the allocs a second of the last rounds, of every cache that is there. */
#ifndef SLABSCOPE_TREND_H
#define SLABSCOPE_TREND_H

#include "model.h"

#define TREND_ROUNDS 32

struct trend_cache {
	struct cache_key key;
	double rate[TREND_ROUNDS]; /* the newest last */
	int nr;
};

struct trend {
	struct trend_cache *cache; /* ascending by key */
	size_t nr;
};

/* Adds a round; caches that are not in m are forgotten. 0 or -ENOMEM, and then nothing changed. */
int trend_update(struct trend *t, const struct model *m);

/* Returns NULL if there is no such cache. Valid until the next update. */
const struct trend_cache *trend_find(const struct trend *t, const struct cache_key *key);

void trend_free(struct trend *t);

#endif
