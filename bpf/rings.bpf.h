/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * rings.bpf.h: a ring buffer for each CPU, for events to the tool. Events wake no task: the tool
 * looks every few milliseconds. An event that finds no room counts as lost, on its CPU.
 */
#ifndef SLABSCOPE_RINGS_BPF_H
#define SLABSCOPE_RINGS_BPF_H

#include "base.bpf.h"

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* the tool makes the real ones */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1); /* the tool sets it to the number of CPUs */
	__type(key, __u32);
	__array(values, struct ring);
} rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* as rings */
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

static __always_inline void count_lost(__u32 cpu, __u64 nr)
{
	__u64 *count = bpf_map_lookup_elem(&lost, &cpu);

	if (count)
		__sync_fetch_and_add(count, nr);
}

static __always_inline void ring_send(void *event, __u32 size)
{
	__u32 cpu = bpf_get_smp_processor_id();
	void *ring = bpf_map_lookup_elem(&rings, &cpu);

	if (!ring || bpf_ringbuf_output(ring, event, size, BPF_RB_NO_WAKEUP))
		count_lost(cpu, 1);
}

#endif
