/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* trend.h: what came before the last round, of every cache that is there. */
#ifndef SLABSCOPE_TREND_H
#define SLABSCOPE_TREND_H

#include "model/model.h"

#define TREND_ROUNDS   128
#define TREND_GROWTH_S 60 /* growth is what the last minute says */

/* One round of one cache; what was not known in it is NAN. */
struct trend_round {
	double wall;   /* UNIX seconds at its end */
	double allocs; /* a second */
	double bytes;  /* of the cache's slabs */
	double origins
		[ORIGINS]; /* refills a second by where the objects came from; NAN: not known */
};

struct trend_cache {
	struct cache_key key;
	struct trend_round *round; /* TREND_ROUNDS of them, the newest last */
	int nr;
	struct hist *refill_ns; /* of all rounds so far; NULL: no refill yet */
};

struct trend {
	struct trend_cache *cache; /* ascending by key */
	size_t nr;
};

/* Adds a round; caches that are not in m are forgotten. 0 or -ENOMEM, and then nothing changed. */
int trend_update(struct trend *t, const struct model *m);

/* Returns NULL if there is no such cache. Valid until the next update. */
const struct trend_cache *trend_find(const struct trend *t, const struct cache_key *key);

/* Bytes a minute by which the cache grew in the last minute, or as long as it is watched; NAN where
 * that is not known, or less than two rounds are. c may be NULL. */
double trend_growth(const struct trend_cache *c);

/* Makes *to one of its own, for trend_free(). 0 or -ENOMEM, and then *to is empty. */
int trend_copy(struct trend *to, const struct trend *from);

void trend_free(struct trend *t);

#endif
