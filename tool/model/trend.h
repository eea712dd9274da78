/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* trend.h: the history of every present cache before the last interval. */
#ifndef SLABSCOPE_TREND_H
#define SLABSCOPE_TREND_H

#include "model/model.h"

#define TREND_ROUNDS   128
#define TREND_GROWTH_S 60 /* growth is measured over a minute, or up to a quarter longer */
#define TREND_ANCHORS  5

/* One interval of one cache; NAN: unknown. */
struct trend_round {
	double wall;		 /* UNIX seconds at its end */
	double allocs;		 /* a second */
	double bytes;		 /* of the cache's slabs */
	double origins[ORIGINS]; /* refills a second by origin; NAN: unknown */
};

/* Where a window of growth may begin. */
struct trend_anchor {
	double wall, bytes;
};

struct trend_cache {
	struct cache_key key;
	struct trend_round *round; /* TREND_ROUNDS of them, the newest last */
	int nr;
	struct trend_anchor anchor[TREND_ANCHORS]; /* the newest last */
	int nr_anchors;
	struct hist *refill_ns; /* of all intervals; NULL: no refill yet */
};

struct trend {
	struct trend_cache *cache; /* ascending by key */
	size_t nr;
};

/* Adds an interval and forgets caches that are not in m. Returns 0, or -ENOMEM without a change. */
int trend_update(struct trend *t, const struct model *m);

/* Returns NULL if there is no such cache. Valid until the next update. */
const struct trend_cache *trend_find(const struct trend *t, const struct cache_key *key);

/*
 * Returns the growth of the cache in bytes a minute, as measured over at least the last minute. NAN
 * where that is unknown, or the cache is watched for less than that. c may be NULL.
 */
double trend_growth(const struct trend_cache *c);

/* Copies it to *to, for trend_free(). Returns 0; or -ENOMEM, and *to is empty. */
int trend_copy(struct trend *to, const struct trend *from);

void trend_free(struct trend *t);

#endif
