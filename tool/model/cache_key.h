/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* cache_key.h: names a cache; the same cache has the same key in every model. */
#ifndef SLABSCOPE_CACHE_KEY_H
#define SLABSCOPE_CACHE_KEY_H

#include "model/snapshot.h"

struct model_side;
struct model_cache;

struct cache_key {
	enum side_kind kind;
	uint64_t side, cache;
};

struct cache_key cache_key_of(const struct model_side *side, const struct model_cache *cache);

/* Returns less than, equal to or greater than 0, as qsort() wants it. */
int cache_key_compare(const struct cache_key *a, const struct cache_key *b);

#endif
