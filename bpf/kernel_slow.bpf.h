/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_slow.bpf.h: counters and histograms of the slow path in all eras of the allocator, and
 * other rare counts. Few pairs of a cache and a CPU need them, so they come from pools. Programs
 * update them atomically: a refill counts on the CPU where it began, and may end on another one.
 */
#ifndef KERNEL_SLOW_BPF_H
#define KERNEL_SLOW_BPF_H

#include "base.bpf.h"
#include "events.h"
#include "kernel_choose.bpf.h"
#include "kernel_count.bpf.h"
#include "kernel_helpers.bpf.h"
#include "vmlinux/common.h"

/* Pools: the tool sets max_entries, and maps the used part readable. */
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
	__type(value, struct kernel_buckets);
} buckets SEC(".maps");

__u32 slows_used, buckets_used;

/* The number of latencies, and then settings.samples latencies. */
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

/* Returns the word at a kernel address, 0 where there is none. */
static __always_inline __u64 word_at(__u64 address)
{
#ifdef UNTYPED
	__u64 word = 0;

	read_number(&word, sizeof(word), address);
	return word;
#else
	/*
	 * A load instead of a call, which takes a hundred instructions. The type only has to
	 * begin with a word.
	 */
	const struct cpumask *word =
		bpf_rdonly_cast((void *)address, bpf_core_type_id_kernel(struct cpumask));

	return word->bits[0];
#endif
}

#define WORD_OF(address, type, field) word_at((address) + bpf_core_field_offset(type, field))

#ifdef OLD
#define POOL_PROBES 64 /* more CPUs do not take an element at once */
#endif

/*
 * Takes an element of a pool of so many, for the owner of this number. Returns 1 + its index, which
 * *mine then holds, or 0 where the pool is empty. Where two CPUs take one for the same pair, one
 * element stays unused.
 */
static __noinline __u32 pool_take(__u32 *mine, __u64 number, __u32 *used, __u32 size)
{
	__u32 place, was;

#ifdef OLD
	for (__u32 i = 0; i < POOL_PROBES; i++) {
		place = *(volatile __u32 *)used + i + 1;
		if (place > size)
			return 0;
		if (set_once(ONCE_PLACE, place, 1))
			continue; /* another CPU is about to raise *used */
		__sync_fetch_and_add(used, 1);
		was = set_once(ONCE_BUCKETS, number, place);
		*(volatile __u32 *)mine = was ? was : place;
		return was ? was : place;
	}
	return 0;
#else
	if (*used >= size)
		return 0;
	place = __sync_fetch_and_add(used, 1) + 1;
	if (place > size)
		return 0;
	was = __sync_val_compare_and_swap(mine, 0, place);
	return was ? was : place;
#endif
}

/* Returns the slow counters of a pair, or NULL where there is no room (counted as lost). */
static __always_inline struct kernel_slow *slow_at(struct kernel_count *count)
{
	__u32 place = count->slow, at;

	if (unlikely(!place))
		place = pool_take(&count->slow, 0, &slows_used, settings.slows);
	at = place - 1;
	if (unlikely(!place)) {
		__sync_fetch_and_add(&troubles.lost_slows, 1);
		return NULL;
	}
	return bpf_map_lookup_elem(&slows, &at);
}

/* Returns those of a cache on any CPU; NULL also where the cache is skipped. */
static __always_inline struct kernel_slow *slow_of(__u64 cache, __u32 cpu)
{
	struct kernel_count *count = count_here(cache, cpu);

	return count ? slow_at(count) : NULL;
}

/* Returns the count of a bucket of the pair, or NULL where the pool is empty. */
static __always_inline __u64 *bucket_of(struct kernel_slow *slow, __u32 bucket)
{
	struct kernel_buckets *part;
	__u32 *mine, place, at;

	asm volatile(""
		     : "+r"(bucket)); /* or clang takes the test away, which the verifier needs */
	if (bucket >= HIST_BUCKETS)
		return NULL;
	mine = &slow->buckets[bucket / KERNEL_BUCKETS];
	place = *mine;
	if (unlikely(!place))
		place = pool_take(
			mine, slow->place * (__u64)KERNEL_BUCKETS_PARTS + bucket / KERNEL_BUCKETS,
			&buckets_used, settings.buckets);
	at = place - 1;
	part = likely(place) ? bpf_map_lookup_elem(&buckets, &at) : NULL;
	return part ? &part->bucket[bucket % KERNEL_BUCKETS] : NULL;
}

static __always_inline void sample_keep(__u64 ns)
{
	__u32 at = 0;
	__u64 *to = bpf_map_lookup_elem(&samples, &at);

	if (!to)
		return;
#ifdef OLD
	at = *to + 1;
	__sync_fetch_and_add(to, 1);
#else
	at = __sync_fetch_and_add(to, 1) + 1;
#endif
	to = bpf_map_lookup_elem(&samples, &at);
	if (to)
		*to = ns;
}

static __always_inline void max_raise(__u64 *to, __u64 ns)
{
#ifdef OLD
	/* Another CPU may write less at the same time: the tool corrects it by the histogram. */
	if (*(volatile __u64 *)to < ns)
		*(volatile __u64 *)to = ns;
#else
	for (int i = 0; i < 4; i++) {
		__u64 max = *to;

		if (ns <= max || __sync_val_compare_and_swap(to, max, ns) == max)
			break;
	}
#endif
}

static __always_inline void hist_count(struct kernel_slow *slow, __u64 ns)
{
	__u64 *bucket = bucket_of(slow, hist_bucket(ns));

	if (!bucket) {
		__sync_fetch_and_add(&troubles.lost_hists, 1);
		return;
	}
	if (settings.samples)
		sample_keep(ns);
	__sync_fetch_and_add(bucket, 1);
	__sync_fetch_and_add(&slow->sum, ns);
	max_raise(&slow->max, ns);
}

#endif
