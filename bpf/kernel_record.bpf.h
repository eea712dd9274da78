/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_record.bpf.h: while slabscope records, what is counted is sent as well, event by event. Allocations and
 * frees have programs of their own for this; in the slow path, where it does not record, settings.record is 0, and
 * the verifier leaves nothing but that.
 *
 * An allocation's tracepoint comes behind its refill, and does not tell of it: so the end of a refill or bypass
 * leaves a mark for its CPU, by which the tracepoint knows. A free's tracepoint comes before the free. So no
 * object is ever handed out before it is free, by the times of the events.
 *
 * What slabscope itself allocates while it writes is recorded as well, for it changes what others get. This
 * feeds itself, but dies down: nobody is woken by an event, and a packet of thousands of them takes a handful
 * of objects to write.
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

/* ---- how an allocation was served ------------------------------------------------------------- */

struct served {
	__u64 task, cache;
	__u64 kind; /* enum record_served; 0: no mark */
};

/* One a CPU: the newest mark, and that of what it interrupted. */
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

/* Calls that no tracepoint follows leave marks behind. */
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

/* Of two allocations of a cache, one in an interrupt of the other, either may get the mark. */
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

/* ---- allocations and frees -------------------------------------------------------------------- */

/* node: what was asked for, -1: any; inferred: of enum record_served, where no function tells of it. */
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
 * Of bulk calls. Not static: verified once, and not for every turn of the loop that calls it; but wherever its
 * callers are, be it called or not.
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

/* Each object of an array of them. */
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

/* ---- the slow path ---------------------------------------------------------------------------- */

/* Of a cache that is recorded; SLOT_NONE: it is not. */
static __always_inline __u32 record_slot(__u64 cache)
{
	__u32 slot = settings.record ? slot_of(cache) : SLOT_NONE;

	return slot == SLOT_NONE || slot_skipped(slot) ? SLOT_NONE : slot;
}

/* Where a step began; its node is known if that is this CPU. */
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
