/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_session.h: the state of a running replay. For the files of replay/ only. */
#ifndef SLABSCOPE_REPLAY_SESSION_H
#define SLABSCOPE_REPLAY_SESSION_H

#include "replay/object_map.h"
#include "replay/replay.h"
#include "replay/replay_state.h"
#include "virtual.h"

#define REPLAY_CPUS_MAX (1u << 20) /* of all caches together */

/* A process: its addresses. */
struct domain {
	uint32_t pid;
	struct object_map map;
};

struct player {
	struct kmem_cache *kmem; /* NULL: not replayed */
	struct domain *domain;
	const struct slab_registry_gauges *gauges;
	struct replay_state before;
	/*
	 * [cpus]: the object of a refill of the kernel whose allocation has not come yet, or NULL.
	 */
	void **refilled;
	/* [cpus]: what it costs to make the state at the beginning: no part of the recording. */
	struct replay_counts *setup;
	struct replay_slice *sum; /* of all slices that are closed */
	unsigned cpus_seen, ticks;
	uint64_t slabs_peak, used_peak, idle_sum, idle_samples, idle_peak;
	struct replay_cache result;
};

struct session {
	const struct replay_settings *settings;
	struct player *number[TRACE_CACHES]; /* by the numbers in the recording */
	struct player **all;		     /* as they came */
	size_t nr;
	unsigned cpus_total, nodes;
	struct domain **domain;
	size_t nr_domains;
	uint8_t node[SLAB_VIRTUAL_CPUS];
	uint64_t nonsense, live, peak_live;
	/* ns of the first event after the current slice; UINT64_MAX: no slices */
	uint64_t slice_end;
	unsigned slice;
	bool no_memory;
	uint32_t proved; /* counts of the kernel that its events prove to have been observed */
};

static inline unsigned at_most(uint64_t value, unsigned most)
{
	return value < most ? (unsigned)value : most;
}

#endif
