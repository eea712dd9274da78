/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_session.h: what is known while a recording is being replayed. For the files replay*.c only. */
#ifndef SLABSCOPE_REPLAY_SESSION_H
#define SLABSCOPE_REPLAY_SESSION_H

#include "replay/replay.h"
#include "replay/object_map.h"
#include "replay/replay_state.h"
#include "virtual.h"

#define REPLAY_CPUS_MAX (1u << 20) /* of all caches together */

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
	void **refilled; /* [cpus]: what a refill of the kernel's gave, whose allocation comes; NULL: none does */
	struct replay_counts
		*setup;		  /* [cpus]: what states to begin with cost; not the recording's */
	struct replay_slice *sum; /* up to the last slice's end, of all before */
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
	uint64_t
		slice_end; /* ns of the first event beyond the slice that runs; UINT64_MAX: no slices */
	unsigned slice;
	bool no_memory;
	struct replay_known kernel; /* what has been recorded of it */
};

static inline unsigned at_most(uint64_t value, unsigned most)
{
	return value < most ? (unsigned)value : most;
}

/* What a cache is made as: name, layout and tunables, as recorded but for what the user wants. */
struct replay_recipe {
	char name[TRACE_TEXT];
	size_t size;
	unsigned flags;
	struct slab_topology topology; /* without CPUs and nodes */
};
struct replay_recipe replay_recipe(const struct replay_settings *s, const struct trace_event *e);

/* Whether the user wants other arrays than those that were recorded. */
static inline bool replay_tunes(const struct replay_settings *s)
{
	return s->limit >= 0 || s->batchcount >= 0;
}

/*
 * Of an allocation: whether it takes what a refill gave. One that is served in an interrupt before the refill's own, or
 * after that took place on another CPU, does so for it: none is made for nobody.
 */
static inline bool replay_takes_refilled(const struct trace_event *e)
{
	return e->id != TRACE_ALLOC_BYPASS;
}

/* On the CPUs and nodes of its topology. NULL: *why_not. */
struct kmem_cache *replay_make(const struct replay_recipe *recipe, const char **why_not);

/* Whether the user wants a cache of this name. */
bool replay_wants(const struct replay_settings *settings, const char *name);

/* Counts an event, and does to its cache what it says. */
void replay_take(struct session *s, const struct trace_event *e);

/* Notes what lies idle in its arrays. */
void replay_look_at_arrays(struct player *p);

/* The kernel's allocations do not say how they were served: what was not refilled was a hit. */
void replay_derive_hits(const struct player *p, struct replay_counts *c);

/* The kernel shows what could be attached to, or inferred, when it was recorded: noted event by event; at the end. */
void replay_note_known(struct session *s, struct replay_cache *c, const struct trace_event *e);
void replay_conclude_known(const struct session *s, struct replay_cache *c);

/* What libslab has counted on a CPU. */
struct replay_counts replay_counted(const struct kmem_cache *kmem, unsigned cpu);
void replay_counts_add(struct replay_counts *to, const struct replay_counts *c, int sign);

/* TRACE_CACHE: makes the cache, on as many CPUs and nodes as were recorded. */
void replay_cache_comes(struct session *s, const struct trace_event *e);

/* Slices: made for a cache, 0 or -ENOMEM; closed up to the time of an event, or (UINT64_MAX) all. */
void replay_slices_begin(struct session *s);
int replay_slices_make(const struct session *s, struct player *p);
void replay_slices_until(struct session *s, uint64_t ns);
void replay_slices_free(struct replay_cache *c);

/* Of TRACE_TUNE: the tunables of the recording, but for what the user wants. */
struct slab_topology replay_tuning(const struct replay_settings *s, const struct trace_event *e);

#endif
