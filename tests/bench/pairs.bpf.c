// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pairs.bpf.c: programs around a refill, for comparison with slabscope's: a pair that does nothing,
 * and one that keeps the beginning in a hash keyed by thread and the duration in another one by power
 * of two, as a bpftrace line does. The loader names the function.
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

SEC("fentry/refill")
int hash_enter(void *ctx)
{
	__u32 thread = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&began, &thread, &now, BPF_ANY);
	return 0;
}

SEC("fexit/refill")
int hash_leave(void *ctx)
{
	__u32 thread = bpf_get_current_pid_tgid();
	__u64 *start = bpf_map_lookup_elem(&began, &thread), took, bucket = 0, *count, one = 1;

	if (!start)
		return 0;
	took = bpf_ktime_get_ns() - *start;
	for (int i = 0; i < 64 && took > 1; i++, took >>= 1)
		bucket++;
	count = bpf_map_lookup_elem(&durations, &bucket);
	if (count)
		++*count;
	else
		bpf_map_update_elem(&durations, &bucket, &one, BPF_ANY);
	bpf_map_delete_elem(&began, &thread);
	__sync_fetch_and_add(&runs, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
