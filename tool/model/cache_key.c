// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* cache_key.c: keys of caches. */
#include "model/cache_key.h"

#include "model/model.h"

struct cache_key cache_key_of(const struct model_side *side, const struct model_cache *cache)
{
	return (struct cache_key){.kind = side->kind, .side = side->id, .cache = cache->id};
}

int cache_key_compare(const struct cache_key *a, const struct cache_key *b)
{
	if (a->kind != b->kind)
		return a->kind > b->kind ? 1 : -1;
	if (a->side != b->side)
		return a->side > b->side ? 1 : -1;
	return (a->cache > b->cache) - (a->cache < b->cache);
}
