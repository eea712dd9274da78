/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_session.h: what is known while a recording is being replayed. For the files replay*.c only. */
#ifndef SLABSCOPE_REPLAY_SESSION_H
#define SLABSCOPE_REPLAY_SESSION_H

#include "replay.h"
#include "replay_map.h"
#include "replay_state.h"
#include "virtual.h"

/* A process: its addresses. */
struct domain {
	uint32_t pid;
	struct replay_map map;
};

struct player {
	struct kmem_cache *kmem; /* NULL: not replayed */
	struct domain *domain;
	const struct slab_registry_gauges *gauges;
	struct replay_state before;
	struct replay_counts *setup; /* [cpus]: what states to begin with cost; not the recording's */
	unsigned cpus_seen, ticks;
	uint64_t slabs_peak, used_peak, idle_sum, idle_samples, idle_peak;
	struct replay_cache result;
};

struct session {
	const struct replay_settings *settings;
	struct player *number[TRACE_CACHES]; /* by the recording's numbers */
	struct player **all;		     /* as they came */
	unsigned nr, cpus_total, nodes;
	struct domain **domain;
	unsigned nr_domains;
	uint8_t node[SLAB_VIRTUAL_CPUS];
	uint64_t nonsense, live, peak_live;
	bool no_memory;
};

static inline unsigned at_most(uint64_t value, unsigned most)
{
	return value < most ? (unsigned)value : most;
}

/* TRACE_CACHE: makes the cache, on as many CPUs and nodes as were recorded. */
void replay_cache_comes(struct session *s, const struct trace_event *e);

/* The tunables of the recording, but for what the user wants. */
void replay_set_tunables(const struct replay_settings *s, struct slab_topology *t);

#endif
