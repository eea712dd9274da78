/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_record.bpf.h: sends each counted event to slabscope while it records. Allocations and
 * frees have separate programs for this. In the slow path settings.record is 0 where slabscope
 * does not record, and the verifier removes this code.
 *
 * The tracepoint of an allocation fires after its refill, and does not know of it. So the end of
 * a refill or bypass leaves a mark on its CPU for the tracepoint. The tracepoint of a free fires
 * before the free. So no event shows an object allocated again before it is free.
 *
 * The recording includes what slabscope itself allocates while it writes, because this changes
 * what other tasks get. It feeds itself, but dies down: events wake no task, and a packet of
 * thousands of events needs only a few objects.
 */
#ifndef KERNEL_RECORD_BPF_H
#define KERNEL_RECORD_BPF_H

#include "base.bpf.h"
#include "events_record.h"
#include "kernel_choose.bpf.h"
#include "kernel_count.bpf.h"
#include "rings.bpf.h"

/* Sends an event of the cache in a slot. */
#define RECORD(kind_, slot_, ...)                                 \
	do {                                                      \
		const __u64 args_[] = {__VA_ARGS__};              \
		struct {                                          \
			RECORD_HEAD __u64 arg[sizeof(args_) / 8]; \
		} e_ = {.ns = bpf_ktime_get_ns(),                 \
			.kind = kind_,                            \
			.nr = sizeof(args_) / 8,                  \
			.cache = slot_};                          \
                                                                  \
		__builtin_memcpy(e_.arg, args_, sizeof(args_));   \
		ring_send(&e_, sizeof(e_));                       \
	} while (0)

/* ---- what served an allocation -------------------------------------------------------------- */

struct served {
	__u64 task, cache;
	__u64 kind; /* enum record_served; 0: no mark */
};

/* For each CPU the newest mark, and the mark of the code that it interrupted. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* the tool: one a CPU */
	__type(key, __u32);
	__type(value, struct served[2]);
} served SEC(".maps");

static __always_inline struct served *served_here(void)
{
	__u32 cpu;

	if (!settings.record_served)
		return NULL;
	cpu = bpf_get_smp_processor_id();
	return bpf_map_lookup_elem(&served, &cpu);
}

static __always_inline void served_mark(__u64 cache, __u64 kind)
{
	struct served *s = served_here();

	if (!s)
		return;
	s[1] = s[0];
	s[0].task = bpf_get_current_task();
	s[0].cache = cache;
	s[0].kind = kind;
}

/* Removes marks that calls without a tracepoint have left. */
static __always_inline void served_forget(void)
{
	struct served *s = served_here();

	if (s)
		s[0].kind = s[1].kind = 0;
}

static __always_inline bool served_is(const struct served *s, __u64 cache)
{
	return s->kind && s->cache == cache && s->task == bpf_get_current_task();
}

/*
 * Takes the mark of an allocation. Returns what served it. Where an interrupt allocates from the
 * same cache, either allocation may get the mark.
 */
static __always_inline __u64 served_take(__u64 cache)
{
	struct served *s = served_here();
	__u64 kind;

	if (!s)
		return RECORD_SERVED_UNKNOWN;
	if (served_is(&s[0], cache)) {
		kind = s[0].kind;
		s[0] = s[1];
		s[1].kind = 0;
		return kind;
	}
	if (!served_is(&s[1], cache))
		return RECORD_HIT;
	kind = s[1].kind;
	s[1].kind = 0;
	return kind;
}

/* ---- allocations and frees ------------------------------------------------------------------ */

/* Records an allocation. node is the requested one, -1: any; inferred is of enum record_served. */
static __always_inline void record_alloc(const struct kernel_count *count, __u64 cache,
					 __u64 object, __u32 flags, int node, __u64 inferred)
{
	__u64 how = !object ? RECORD_FAILED : settings.infer ? inferred : served_take(cache);
	__u64 here = bpf_get_numa_node_id();

	RECORD(RECORD_ALLOC, count->slot, bpf_get_smp_processor_id(),
	       how == RECORD_BYPASSED && node >= 0 ? node : here, object, flags, how);
}

static __always_inline void record_free(const struct kernel_count *count, __u64 object)
{
	RECORD(RECORD_FREE, count->slot, bpf_get_smp_processor_id(), bpf_get_numa_node_id(),
	       object);
}

/*
 * Record one object of a bulk call. Not static, so that the verifier checks each once, and not
 * for every turn of the loop.
 */
__noinline int record_alloc_one(__u64 slot, __u64 object)
{
	if (settings.record)
		RECORD(RECORD_ALLOC, slot, bpf_get_smp_processor_id(), bpf_get_numa_node_id(),
		       object, 0, RECORD_SERVED_UNKNOWN);
	return 0;
}

__noinline int record_free_one(__u64 slot, __u64 object)
{
	if (settings.record)
		RECORD(RECORD_FREE, slot, bpf_get_smp_processor_id(), bpf_get_numa_node_id(),
		       object);
	return 0;
}

#define RECORD_BULK_MAX 512

/* Records each object of an array. */
static __always_inline void record_bulk(__u64 slot, __u64 array, __u64 objects, bool alloc)
{
	__u64 object;

	if (!settings.record)
		return;
	for (__u32 i = 0; i < RECORD_BULK_MAX && i < objects; i++) {
		if (bpf_probe_read_kernel(&object, sizeof(object), (void *)(array + i * 8)))
			break;
		if (alloc)
			record_alloc_one(slot, object);
		else
			record_free_one(slot, object);
	}
	if (objects > RECORD_BULK_MAX)
		count_lost(bpf_get_smp_processor_id(), objects - RECORD_BULK_MAX);
}

/* ---- the slow path -------------------------------------------------------------------------- */

/* Returns the slot of a cache, or SLOT_NONE where slabscope does not record it. */
static __always_inline __u32 record_slot(__u64 cache)
{
	__u32 slot = settings.record ? slot_of(cache) : SLOT_NONE;

	return slot == SLOT_NONE || slot_skipped(slot) ? SLOT_NONE : slot;
}

/* Returns the node of a CPU, which is known for this CPU only. */
static __always_inline __u64 record_node(__u32 cpu)
{
	return cpu == bpf_get_smp_processor_id() ? bpf_get_numa_node_id() : RECORD_UNKNOWN;
}

static __always_inline void record_grow(__u64 cache, __u32 cpu, __u64 slab, __u64 objects, __u64 ns)
{
	__u32 slot = record_slot(cache);

	if (slot != SLOT_NONE)
		RECORD(RECORD_GROW, slot, cpu, record_node(cpu), slab, objects, ns);
}

static __always_inline void record_slab_free(__u64 cache, __u64 slab)
{
	__u32 slot = record_slot(cache);

	if (slot != SLOT_NONE)
		RECORD(RECORD_SLAB_DESTROY, slot, bpf_get_smp_processor_id(),
		       bpf_get_numa_node_id(), slab);
}

static __always_inline void record_flush(__u64 cache)
{
	__u32 slot = record_slot(cache);

	if (slot != SLOT_NONE)
		RECORD(RECORD_FLUSH, slot, bpf_get_smp_processor_id(), bpf_get_numa_node_id(),
		       RECORD_UNKNOWN, RECORD_UNKNOWN);
}

#endif
