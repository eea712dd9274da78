/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_slow.bpf.h: counters and histograms of the slow path, whatever the allocator's era. They
 * are updated atomically: a refill counts on the CPU where it began, and may end on another one.
 */
#ifndef KERNEL_SLOW_BPF_H
#define KERNEL_SLOW_BPF_H

/* The numbers of enum origin in tool/snapshot.h. */
enum kernel_origin {
	REFILL_SHARED = 0,
	REFILL_PARTIAL = 1,
	REFILL_FREE = 2,
	REFILL_CPU_SLAB = 3,
	REFILL_CPU_PARTIAL = 4,
	REFILL_SPARE = 5,
	REFILL_BARN = 6,
	REFILL_REMOTE = 7,
	REFILL_GROWN = 8,
	REFILL_FAILED = 9,
	REFILL_UNEXPLAINED = 10,
};

/* The tool sets max_entries and maps them readable. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kernel_slow);
} slows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event_hist);
} hists SEC(".maps");

__u64 hists_used;

/* settings.samples latencies; before them, how many there are. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* the tool: one more than it wants */
	__type(key, __u32);
	__type(value, __u64);
} samples SEC(".maps");

static __always_inline bool read_number(void *to, __u32 size, __u64 from)
{
	return bpf_probe_read_kernel(to, size, (const void *)from) == 0;
}

static __always_inline struct kernel_slow *slow_of(__u64 cache, __u32 cpu)
{
	__u32 slot = slot_of(cache), at;

	if (slot == SLOT_NONE || slot_skipped(slot))
		return NULL;
	at = cpu * settings.slots + slot;
	return bpf_map_lookup_elem(&slows, &at);
}

/* The pair's histogram, taken from the pool at its first refill; NULL where the pool is empty. */
static __always_inline struct event_hist *hist_of(struct kernel_slow *slow)
{
	__u64 mine = slow->hist;
	__u32 at;

	if (!mine && hists_used < settings.hists) {
		__u64 next = __sync_fetch_and_add(&hists_used, 1) + 1, was;

		if (next <= settings.hists) {
			was = __sync_val_compare_and_swap(&slow->hist, 0, next);
			mine = was ? was : next;
		}
	}
	if (!mine)
		return NULL;
	at = mine - 1;
	return bpf_map_lookup_elem(&hists, &at);
}

static __always_inline void sample_keep(__u64 ns)
{
	__u32 at = 0;
	__u64 *to = bpf_map_lookup_elem(&samples, &at);

	if (!to)
		return;
	at = __sync_fetch_and_add(to, 1) + 1;
	to = bpf_map_lookup_elem(&samples, &at);
	if (to)
		*to = ns;
}

static __always_inline void hist_count(struct kernel_slow *slow, __u64 ns)
{
	struct event_hist *h = hist_of(slow);
	__u32 bucket = hist_bucket(ns);

	if (!h) {
		__sync_fetch_and_add(&troubles.lost_hists, 1);
		return;
	}
	if (settings.samples)
		sample_keep(ns);
	asm volatile("" : "+r"(bucket));
	if (bucket < HIST_BUCKETS)
		__sync_fetch_and_add(&h->bucket[bucket], 1);
	__sync_fetch_and_add(&h->sum, ns);
	__sync_fetch_and_add(&h->count, 1);
	for (int i = 0; i < 4; i++) {
		__u64 max = h->max;

		if (ns <= max || __sync_val_compare_and_swap(&h->max, max, ns) == max)
			break;
	}
}

#endif
