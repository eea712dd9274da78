/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_cpus.bpf.h: where each CPU's copy of a per-CPU variable stands. The kernel's own table of it,
 * __per_cpu_offset[], can be found only where kallsyms names data and shows addresses. But a per-CPU
 * map is such a variable: where a CPU's element stands, less the pointer that all CPUs share, is that
 * CPU's offset.
 */
#ifndef KERNEL_CPUS_BPF_H
#define KERNEL_CPUS_BPF_H

#include "base.bpf.h"
#include "kernel_count.bpf.h"
#include "vmlinux/common.h"

/* One element; nothing is kept in it. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} everywhere SEC(".maps");

/* The tool sets max_entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} cpu_offsets SEC(".maps");

__u32 cpus_measured; /* below this one */

/* Adds to a per-CPU pointer what leads to that CPU's copy. False where it is not known. */
static __always_inline bool cpu_offset(__u32 cpu, __u64 *to)
{
	__u64 *at = cpu < cpus_measured ? bpf_map_lookup_elem(&cpu_offsets, &cpu) : NULL;

	if (at)
		*to = *at;
	return at;
}

/* Goes through all CPUs, for what a cache has there. The verifier sees it once, however many there are. */
struct cpus_walk {
	__u64 cache;
	__u64 own; /* a per-CPU pointer of the cache */
	__u64 sum; /* objects */
};

/* Run by the tool before all others: once a CPU, in their order. */
SEC("raw_tp")
int measure(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 cpu = ctx->args[0], zero = 0;
	__u64 *to = bpf_map_lookup_elem(&cpu_offsets, &cpu), shared;
	void *copy = bpf_map_lookup_percpu_elem(&everywhere, &zero, cpu);
	__u64 map = number_of(&everywhere, PLAIN_MEASURE), there = number_of(copy, PLAIN_MEASURE);

	if (!to || !map || !there || cpu != cpus_measured)
		return 0;
	if (bpf_probe_read_kernel(&shared, sizeof(shared),
				  (void *)(map + bpf_core_field_offset(struct bpf_array, pptrs))))
		return 0;
	*to = there - shared;
	cpus_measured = cpu + 1;
	return 0;
}

#endif
