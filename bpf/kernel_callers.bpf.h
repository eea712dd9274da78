/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_callers.bpf.h: samples the callers of refills and grows, with process and stack.
 *
 * A program takes a sample at the end of an event, after it has counted and timed it. It takes each
 * nth event; n follows from how many there were in the eighth of a second before. So samples are
 * bounded, and a burst has its share. The table is preallocated. Where it is full, the least
 * recently used caller makes room.
 */
#ifndef KERNEL_CALLERS_BPF_H
#define KERNEL_CALLERS_BPF_H

#include "base.bpf.h"
#include "events.h"
#include "kernel_choose.bpf.h"
#include "kernel_count.bpf.h"

bool callers_off; /* set for good by the tool where they are too expensive */

/* Of a CPU: [0] of refills and [1] of grows. A nested event may spoil a count, no more. */
struct sampler {
	__u64 eighth;	   /* number of the eighth of a second, nearly, since boot */
	__u32 seen, taken; /* events in it */
	__u32 each;	   /* the program takes one of so many events */
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* the tool: one a CPU */
	__type(key, __u32);
	__type(value, struct sampler[2]);
} samplers SEC(".maps");

/* The tool makes both maps only where it collects callers. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KERNEL_CALLERS);
	__type(key, struct kernel_caller_key);
	__type(value, struct kernel_caller);
} callers SEC(".maps");

static __always_inline bool sample_due(bool grow)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct sampler *s = bpf_map_lookup_elem(&samplers, &cpu);
	__u64 eighth = bpf_ktime_get_ns() >> 27;

	if (!s)
		return false;
	s += grow;
	if (s->eighth != eighth) {
		s->each = s->seen / (CALLER_SAMPLES / 8) + 1;
		s->eighth = eighth;
		s->seen = s->taken = 0;
	}
	if (s->seen++ % s->each || s->taken >= CALLER_SAMPLES / 8)
		return false;
	s->taken++;
	return true;
}

/* Adds a sample. Its key is large, so only a due sample clears it. */
static __always_inline void caller_sample(void *ctx, __u64 cache, bool grow)
{
	struct kernel_caller_key key;
	struct kernel_caller *caller;

	asm volatile("" ::: "memory"); /* or clang clears it before all else */
	__builtin_memset(&key, 0, sizeof(key));
	key.slot = slot_of(cache);
	if (key.slot == SLOT_NONE || slot_skipped(key.slot))
		return;
	key.pid = bpf_get_current_pid_tgid() >> 32;
	if (bpf_get_stack(ctx, key.frame, sizeof(key.frame), 0) < 0) {
		__sync_fetch_and_add(&troubles.lost_callers, 1);
		return;
	}
	caller = bpf_map_lookup_elem(&callers, &key);
	if (!caller) {
		struct kernel_caller first = {0};

		bpf_get_current_comm(first.comm, sizeof(first.comm));
		bpf_map_update_elem(&callers, &key, &first, BPF_NOEXIST);
		caller = bpf_map_lookup_elem(&callers, &key);
	}
	if (!caller)
		__sync_fetch_and_add(&troubles.lost_callers, 1);
	else
		__sync_fetch_and_add(grow ? &caller->grows : &caller->refills, 1);
}

static __always_inline void caller_count(void *ctx, __u64 cache, bool grow)
{
	if (!settings.callers)
		return;
	asm volatile(""); /* or clang reads callers_off before it is known to matter */
	if (!callers_off && sample_due(grow))
		caller_sample(ctx, cache, grow);
}

#endif
