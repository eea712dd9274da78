/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* kernel_pair.bpf.h: counts and records refills, once both ends are known, and flushes. */
#ifndef KERNEL_PAIR_BPF_H
#define KERNEL_PAIR_BPF_H

#include "base.bpf.h"
#include "kernel_callers.bpf.h"
#include "kernel_choose.bpf.h"
#include "kernel_frames.bpf.h"
#include "kernel_record.bpf.h"
#include "kernel_slow.bpf.h"

static __always_inline void record_refill(const struct frame *f, __u32 origin, __u64 end)
{
	__u32 slot = record_slot(f->cache);

	if (slot != SLOT_NONE)
		RECORD(RECORD_REFILL, slot, f->cpu, record_node(f->cpu), f->requested,
		       origin == REFILL_FAILED ? 0 : f->got, origin, end - f->start);
}

/* Counts an end of a refill whose frame is missing. */
static __always_inline void refill_unpaired(void)
{
	if (watching())
		__sync_fetch_and_add(&troubles.unpaired, 1);
}

/* Finds the frame of the refill that ends here. Counts an end without one as unpaired. */
static __always_inline bool refill_find(struct place *at)
{
	if (likely(frame_find(FRAME_REFILL, at)))
		return true;
	refill_unpaired();
	return false;
}

/* Counts a refill on the CPU where it began. REFILL_FAILED has no latency. */
static __always_inline int refill_count(void *ctx, struct place *at, __u32 origin, __u64 end)
{
	const struct frame *f = at->frame;
	struct kernel_slow *slow = slow_of(f->cache, f->cpu);
	__u64 cache = f->cache;

	if (slow && origin < KERNEL_ORIGINS) {
		__sync_fetch_and_add(&slow->origins[origin], 1);
		record_refill(f, origin, end);
		if (origin != REFILL_FAILED && settings.buckets)
			hist_count(slow, end - f->start);
	}
	frame_pop(at);
	if (slow && origin != REFILL_FAILED)
		caller_count(ctx, cache, false);
	return 0;
}

/* Counts a flush of the cache; 0: the cache is not known. */
static __always_inline int flush_count(__u64 cache)
{
	struct kernel_slow *slow;

	slow = cache ? slow_of(cache, bpf_get_smp_processor_id()) : NULL;
	if (slow)
		__sync_fetch_and_add(&slow->flushes, 1);
	if (cache)
		record_flush(cache);
	return 0;
}

#endif
