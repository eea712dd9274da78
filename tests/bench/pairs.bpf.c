// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pairs.bpf.c: programs around a refill, for comparison with those of slabscope. The loader names
 * the function.
 *
 *	empty	does nothing
 *	least	reads the clock twice, and keeps the beginning and the count of a bucket in arrays:
 *		right only where nothing sleeps, migrates or nests
 *	hash	keeps the beginning in a hash keyed by thread, and the duration in another one by
 *		power of two, as @ = hist(nsecs - @start[tid]) of bpftrace does
 *	caches	the same by cache and CPU, as @[args->cachep, cpu] = hist(nsecs - @start[tid]) does.
 *		slabscope also has finer buckets, origins and the maximum
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} began SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u64);
} durations SEC(".maps");

struct place {
	__u64 cache;
	__u32 cpu, bucket;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct place);
	__type(value, __u64);
} by_cache SEC(".maps");

#define CPUS 64 /* of a guest */
static struct {
	__u64 began, bucket[64];
} here[CPUS];

__u64 runs SEC(".data.runs");

SEC("fentry/refill")
int empty_enter(void *ctx)
{
	return 0;
}

SEC("fexit/refill")
int empty_leave(void *ctx)
{
	return 0;
}

static __always_inline int begin(void)
{
	__u32 thread = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&began, &thread, &now, BPF_ANY);
	return 0;
}

SEC("fentry/refill")
int hash_enter(void *ctx)
{
	return begin();
}

static __always_inline __u64 power_of_two(__u64 took)
{
	__u64 bucket = 0;

	for (int i = 0; i < 64 && took > 1; i++, took >>= 1)
		bucket++;
	return bucket;
}

SEC("fexit/refill")
int hash_leave(void *ctx)
{
	__u32 thread = bpf_get_current_pid_tgid();
	__u64 *start = bpf_map_lookup_elem(&began, &thread), bucket, *count, one = 1;

	if (!start)
		return 0;
	bucket = power_of_two(bpf_ktime_get_ns() - *start);
	count = bpf_map_lookup_elem(&durations, &bucket);
	if (count)
		++*count;
	else
		bpf_map_update_elem(&durations, &bucket, &one, BPF_ANY);
	bpf_map_delete_elem(&began, &thread);
	__sync_fetch_and_add(&runs, 1);
	return 0;
}

SEC("fentry/refill")
int caches_enter(void *ctx)
{
	return begin();
}

SEC("fexit/refill")
int caches_leave(__u64 *ctx)
{
	__u32 thread = bpf_get_current_pid_tgid();
	__u64 *start = bpf_map_lookup_elem(&began, &thread), *count, one = 1;
	struct place place = {.cpu = bpf_get_smp_processor_id()};

	if (!start)
		return 0;
	place.bucket = power_of_two(bpf_ktime_get_ns() - *start);
	bpf_get_func_arg(ctx, 0, &place.cache);
	count = bpf_map_lookup_elem(&by_cache, &place);
	if (count)
		++*count;
	else
		bpf_map_update_elem(&by_cache, &place, &one, BPF_ANY);
	bpf_map_delete_elem(&began, &thread);
	return 0;
}

SEC("fentry/refill")
int least_enter(void *ctx)
{
	here[bpf_get_smp_processor_id() & (CPUS - 1)].began = bpf_ktime_get_ns();
	return 0;
}

SEC("fexit/refill")
int least_leave(void *ctx)
{
	__u64 end = bpf_ktime_get_ns();
	__u32 cpu = bpf_get_smp_processor_id() & (CPUS - 1);

	here[cpu].bucket[power_of_two(end - here[cpu].began) & 63]++;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
