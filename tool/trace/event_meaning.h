/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * event_meaning.h: what the events of a recording mean: which counts each one adds to, and which
 * counts of the kernel it proves to have been observed. All readers of recordings use this table.
 */
#ifndef SLABSCOPE_EVENT_MEANING_H
#define SLABSCOPE_EVENT_MEANING_H

#include "model/snapshot.h"
#include "trace/trace.h"

enum event_property {
	EVENT_ALLOCATES = 1, /* an object is allocated: value[ALLOC_OBJECT] */
	EVENT_HAS_FLAGS = 2, /* value[ALLOC_FLAGS] */
	EVENT_NEEDS_CPU = 4, /* without a CPU it makes no sense */
	EVENT_STATE = 8,     /* what a cache had when the recording began */
};

struct event_meaning {
	uint32_t proves;    /* counts, of COUNT_BIT */
	uint8_t properties; /* of enum event_property */
	uint8_t nr_counts, count[2];
};
extern const struct event_meaning event_meaning[TRACE_IDS];

/* The counts that TRACE_INFERRED is about. */
#define EVENT_INFERRED \
	(COUNT_BIT(COUNT_HITS) | COUNT_BIT(COUNT_REFILLS) | COUNT_BIT(COUNT_BYPASSES))

/* Returns whether an event with this id has the property. */
static inline bool event_meaning_has(unsigned id, enum event_property property)
{
	return event_meaning[id].properties & property;
}

/* Returns whether a refill, which may also have failed, got objects. */
static inline bool event_meaning_refilled(const struct trace_event *e)
{
	return e->value[REFILL_ORIGIN] != ORIGIN_FAILED;
}

/* Returns whether the event is a refill with a duration: value[REFILL_NS]. */
static inline bool event_meaning_timed(const struct trace_event *e)
{
	return e->id == TRACE_REFILL && event_meaning_refilled(e) &&
	       e->value[REFILL_NS] != TRACE_NS_UNKNOWN;
}

/*
 * Returns the size of an object of a cache (TRACE_CACHE) as the live sources show it: that of the
 * kernel with its padding, as in /proc/slabinfo.
 */
static inline uint64_t event_meaning_object_size(const struct trace_event *e)
{
	return e->value[CACHE_SIDE] == TRACE_REFERENCE || !e->value[CACHE_BUFFER_SIZE]
		       ? e->value[CACHE_OBJECT_SIZE]
		       : e->value[CACHE_BUFFER_SIZE];
}

/* Adds the event to the counts. */
static inline void event_meaning_count(const struct trace_event *e, uint64_t count[COUNTS])
{
	const struct event_meaning *m = &event_meaning[e->id];

	for (unsigned i = 0; i < m->nr_counts; i++)
		count[m->count[i]]++;
	if (e->id != TRACE_REFILL)
		return;
	count[COUNT_REFILLS] += event_meaning_refilled(e);
	if (e->value[REFILL_ORIGIN] < ORIGINS)
		count[COUNT_ORIGIN + e->value[REFILL_ORIGIN]]++;
}

/* What a TRACE_REAP ages. */
enum event_reap {
	EVENT_REAP_NOTHING,
	EVENT_REAP_ALL,	 /* all arrays and nodes */
	EVENT_REAP_CPU,	 /* the array of the CPU */
	EVENT_REAP_NODE, /* the shared array and the free slabs of the node: value[REAP_NODE] */
};

/*
 * libslab records an event for each node of a pass over all. The kernel ages one thing at a time.
 */
static inline enum event_reap event_meaning_reap(const struct trace_event *e, bool kernel)
{
	if (!kernel)
		return e->value[REAP_NODE] ? EVENT_REAP_NOTHING : EVENT_REAP_ALL;
	return e->cpu != TRACE_NO_CPU ? EVENT_REAP_CPU : EVENT_REAP_NODE;
}

/* Returns by how many slabs the cache grows; the recording may contain any number. */
int64_t event_meaning_slabs(const struct trace_event *e);

#endif
