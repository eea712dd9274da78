// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * peers.bpf.c: other ways to count an allocation and to time a refill, for comparison: a hash keyed
 * by the name of the cache (as slabratetop does); a per-CPU hash keyed by its address; the
 * beginning kept in a hash keyed by thread (as a bpftrace line does); the least that counting
 * takes; and programs that do nothing.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <asm/ptrace.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct kmem_cache {
	const char *name;
	unsigned int size;
};
#pragma clang attribute pop

extern struct kmem_cache *bpf_get_kmem_cache(__u64 addr) __ksym __weak;

struct name {
	char text[32];
};
struct count {
	__u64 count, size;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct name);
	__type(value, struct count);
} by_name SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 10240);
	__type(key, __u64);
	__type(value, struct count);
} by_pointer SEC(".maps");

static __always_inline int count_by_name(struct kmem_cache *s)
{
	struct count *count, nothing = {};
	struct name name = {};

	bpf_probe_read_kernel_str(name.text, sizeof(name.text), BPF_CORE_READ(s, name));
	count = bpf_map_lookup_elem(&by_name, &name);
	if (!count) {
		bpf_map_update_elem(&by_name, &name, &nothing, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&by_name, &name);
	}
	if (count) {
		__sync_fetch_and_add(&count->count, 1);
		__sync_fetch_and_add(&count->size, BPF_CORE_READ(s, size));
	}
	return 0;
}

static __always_inline int count_by_pointer(__u64 s)
{
	struct count *count = bpf_map_lookup_elem(&by_pointer, &s), nothing = {};

	if (!count) {
		bpf_map_update_elem(&by_pointer, &s, &nothing, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&by_pointer, &s);
	}
	if (count)
		count->count++;
	return 0;
}

/* The least that counting takes: no switch for counting, no care for interrupts. */
#define LEAST_SLOTS 1024
struct least {
	__u64 cache, count, reserved[14];
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64); /* CPUs */
	__type(key, __u32);
	__type(value, struct least[LEAST_SLOTS]);
} least SEC(".maps");

static __always_inline int count_least(__u64 s)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct least *to = bpf_map_lookup_elem(&least, &cpu);

	if (!to)
		return 0;
	to += (s * 0x9e3779b97f4a7c15ull) >> 40 & (LEAST_SLOTS - 1);
	if (to->cache == s)
		to->count++;
	else
		to->cache = s;
	return 0;
}

#define TRACEPOINT(name, tracepoint, body)            \
	SEC("raw_tp/" tracepoint)                     \
	int name(struct bpf_raw_tracepoint_args *ctx) \
	{                                             \
		return body;                          \
	}
TRACEPOINT(first_alloc, "kmem_cache_alloc", 0)
TRACEPOINT(first_free, "kmem_cache_free", 0)
TRACEPOINT(first_kmalloc, "kmalloc", 0)
TRACEPOINT(first_kfree, "kfree", 0)
TRACEPOINT(empty_alloc, "kmem_cache_alloc", 0)
TRACEPOINT(empty_free, "kmem_cache_free", 0)
TRACEPOINT(empty_kmalloc, "kmalloc", 0)
TRACEPOINT(empty_kfree, "kfree", 0)
TRACEPOINT(name_alloc, "kmem_cache_alloc", count_by_name((void *)ctx->args[2]))
TRACEPOINT(name_free, "kmem_cache_free", count_by_name((void *)ctx->args[2]))
TRACEPOINT(pointer_alloc, "kmem_cache_alloc", count_by_pointer(ctx->args[2]))
TRACEPOINT(least_alloc, "kmem_cache_alloc", count_least(ctx->args[2]))
TRACEPOINT(least_free, "kmem_cache_free", count_least(ctx->args[2]))
TRACEPOINT(pointer_free, "kmem_cache_free", count_by_pointer(ctx->args[2]))

static __always_inline int owned_by_name(__u64 object)
{
	struct kmem_cache *s = object ? bpf_get_kmem_cache(object) : NULL;

	return s ? count_by_name(s) : 0;
}
TRACEPOINT(name_kmalloc, "kmalloc", owned_by_name(ctx->args[1]))
TRACEPOINT(name_kfree, "kfree", owned_by_name(ctx->args[1]))

/* slabratetop's own program: it counts allocations only, and none of kmalloc(). */
SEC("kprobe/kmem_cache_alloc_noprof")
int BPF_KPROBE(slabratetop, struct kmem_cache *s)
{
	return count_by_name(s);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
