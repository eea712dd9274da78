// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* record_translate.c: each kind of event, by the places of its arguments. */
#include "record/record_translate.h"

#include <string.h>

static uint64_t short_ns(uint64_t ns)
{
	return ns < TRACE_NS_UNKNOWN ? ns : TRACE_NS_UNKNOWN;
}

static void at_cpu(struct trace_event *to, uint64_t cpu, uint64_t node)
{
	to->cpu = cpu < TRACE_CPUS ? (uint32_t)cpu : TRACE_CPUS;
	to->node = node < TRACE_NO_NODE ? (uint8_t)node : TRACE_NO_NODE;
}

static void translate_alloc(const struct record_event *e, struct trace_event *to)
{
	static const uint8_t id[] = {
		[RECORD_HIT] = TRACE_ALLOC_HIT,		[RECORD_REFILLED] = TRACE_ALLOC_REFILL,
		[RECORD_BYPASSED] = TRACE_ALLOC_BYPASS, [RECORD_FAILED] = TRACE_ALLOC_FAILED,
		[RECORD_SERVED_UNKNOWN] = TRACE_ALLOC,
	};
	const __u64 *a = e->arg;

	to->id = id[a[4] <= RECORD_SERVED_UNKNOWN ? a[4] : RECORD_SERVED_UNKNOWN];
	to->value[ALLOC_FLAGS] = a[3];
	to->value[ALLOC_OBJECT] = a[2];
	to->value[ALLOC_NODE] = a[1];
	/* The node of a bypass is the requested one, not that of the CPU. */
	at_cpu(to, a[0], to->id == TRACE_ALLOC_BYPASS ? TRACE_NO_NODE : a[1]);
}

static bool translate_node(const __u64 *a, uint64_t *to)
{
	__u64 partial = a[2] == RECORD_UNKNOWN ? 0 : a[2],
	      unused = a[3] == RECORD_UNKNOWN ? 0 : a[3];

	if (a[1] == RECORD_UNKNOWN)
		return false;
	to[NODE_NODE] = a[0];
	/* The kernel counted them one after the other, while they changed. */
	to[NODE_FULL] = a[1] > partial + unused ? a[1] - partial - unused : 0;
	to[NODE_PARTIAL] = partial;
	to[NODE_FREE] = unused;
	to[NODE_FREE_OBJECTS] = a[4];
	to[NODE_SHARED] = a[5] == RECORD_UNKNOWN ? 0 : a[5];
	return true;
}

/* Events whose fields are consecutive arguments. The CPU and its node, if any, come first. */
static const struct {
	uint8_t id; /* enum trace_id; 0: none of these */
	bool on_cpu;
	uint8_t first, nr; /* arguments */
} copied[RECORD_KINDS] = {
	[RECORD_LIST_MOVE] = {TRACE_LIST_MOVE, true, 1, 5},
	[RECORD_TRANSFER] = {TRACE_TRANSFER, true, 1, 3},
	[RECORD_SLAB_DESTROY] = {TRACE_SLAB_DESTROY, true, 1, 2},
	[RECORD_REAP] = {TRACE_REAP, false, 0, 2},
	[RECORD_PARTIAL] = {TRACE_PARTIAL_SLAB, false, 0, 3},
	[RECORD_AGEING] = {TRACE_NODE_AGEING, false, 0, 4},
	[RECORD_TUNE] = {TRACE_TUNE, false, 0, 3},
	[RECORD_SHRINK] = {TRACE_SHRINK, false, 0, 0},
	[RECORD_DESTROY] = {TRACE_CACHE_DESTROY, false, 0, 0},
};

/* Returns false where a recording has no such event. */
static bool translate(const struct record_event *e, struct trace_event *to)
{
	const __u64 *a = e->arg;
	uint64_t *v = to->value;

	switch (e->kind) {
	case RECORD_ALLOC:
		translate_alloc(e, to);
		return true;
	case RECORD_FREE:
		to->id = TRACE_FREE;
		at_cpu(to, a[0], a[1]);
		v[FREE_OBJECT] = a[2];
		return true;
	case RECORD_REFILL:
		to->id = TRACE_REFILL;
		at_cpu(to, a[0], a[1]);
		v[REFILL_REQUESTED] = a[2];
		v[REFILL_GOT] = a[3];
		v[REFILL_ORIGIN] = a[4];
		v[REFILL_NS] = short_ns(a[5]);
		return true;
	case RECORD_FLUSH:
		to->id = TRACE_FLUSH;
		at_cpu(to, a[0], a[1]);
		v[FLUSH_COUNT] = a[2];
		v[FLUSH_NS] = short_ns(a[3]);
		return true;
	case RECORD_GROW:
		to->id = TRACE_GROW;
		at_cpu(to, a[0], a[1]);
		v[GROW_NODE] = a[1];
		v[GROW_SLAB] = a[2];
		v[GROW_OBJECTS] = a[3];
		v[GROW_NS] = short_ns(a[4]);
		return true;
	case RECORD_EVENTS:
		to->id = TRACE_ARRAY_STATE;
		at_cpu(to, a[0], e->nr > 3 ? a[3] : TRACE_NO_NODE);
		v[ARRAY_AVAIL] = a[1];
		v[ARRAY_TOUCHED] = a[2];
		return true;
	case RECORD_DRAIN:
		to->id = TRACE_REAP;
		if (!a[3])
			at_cpu(to, a[0], a[1]);
		v[REAP_NODE] = a[1];
		v[REAP_COUNT] = a[2];
		return true;
	case RECORD_NODE:
		to->id = TRACE_NODE_STATE;
		return translate_node(a, v);
	case RECORD_OBJECTS:
		to->id = TRACE_ARRAY_OBJECTS;
		if (a[0] != RECORD_UNKNOWN)
			at_cpu(to, a[0], a[1]);
		memcpy(v + OBJECTS_NODE, a + 1, (1 + TRACE_OBJECTS) * sizeof(*v));
		return true;
	case RECORD_INFERRED:
		to->id = TRACE_INFERRED;
		v[INFERRED_DOUBTFUL] = a[0] < UINT32_MAX ? a[0] : UINT32_MAX;
		return true;
	}
	if (e->kind >= RECORD_KINDS || !copied[e->kind].id)
		return false;
	to->id = copied[e->kind].id;
	if (copied[e->kind].on_cpu)
		at_cpu(to, a[0], a[1]);
	memcpy(v + 1, a + copied[e->kind].first, copied[e->kind].nr * sizeof(*v));
	return true;
}

bool record_translate(const struct record_event *e, struct trace_event *to)
{
	*to = (struct trace_event){.ns = e->ns, .cpu = TRACE_NO_CPU};
	return translate(e, to) && (to->cpu == TRACE_NO_CPU || to->cpu < TRACE_CPUS);
}
