/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_cache.h: how a recorded cache becomes one of libslab. */
#ifndef SLABSCOPE_REPLAY_CACHE_H
#define SLABSCOPE_REPLAY_CACHE_H

#include "replay/replay_session.h"

/* What a cache is made from: as recorded, except for the settings of the user. */
struct replay_cache_recipe {
	char name[TRACE_TEXT];
	size_t size;
	unsigned flags;
	struct slab_topology topology; /* without CPUs and nodes */
};

/* Returns the recipe of a cache, from its TRACE_CACHE. */
struct replay_cache_recipe replay_cache_recipe(const struct replay_settings *s,
					       const struct trace_event *e);

/* Makes a cache on the CPUs and nodes of its topology. Returns it, or NULL and sets *why_not. */
struct kmem_cache *replay_cache_make(const struct replay_cache_recipe *recipe,
				     const char **why_not);

/* Returns the tunables of a TRACE_TUNE, except for the settings of the user. */
struct slab_topology replay_cache_tuning(const struct replay_settings *s,
					 const struct trace_event *e);

/* Returns whether the user sets other sizes of arrays than the recorded ones. */
static inline bool replay_cache_tuned(const struct replay_settings *s)
{
	return s->limit >= 0 || s->batchcount >= 0;
}

/* Adds the cache of a TRACE_CACHE to the session, on as many CPUs and nodes as were recorded. */
void replay_cache_add(struct session *s, const struct trace_event *e);

#endif
