/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_cpus.bpf.h: finds the copy of a per-CPU variable on each CPU. The kernel's own table of
 * offsets, __per_cpu_offset[], is visible only where kallsyms names data and shows addresses. But a
 * per-CPU map is such a variable: subtract the pointer that all CPUs share from the address of a
 * CPU's element to get the offset of that CPU. (Kernels before 5.19 have no such element for
 * programs: there it is the table.)
 */
#ifndef KERNEL_CPUS_BPF_H
#define KERNEL_CPUS_BPF_H

#include "base.bpf.h"
#include "kernel_count.bpf.h"
#include "kernel_helpers.bpf.h"
#include "vmlinux/common.h"

/* One element, which stays empty. */
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

__u32 cpus_measured; /* offsets of the CPUs below this one are known */

/* Sets *to to the offset of a CPU's copy from a per-CPU pointer. Returns whether it is known. */
static __always_inline bool cpu_offset(__u32 cpu, __u64 *to)
{
	__u64 *at = cpu < cpus_measured ? bpf_map_lookup_elem(&cpu_offsets, &cpu) : NULL;

	if (at)
		*to = *at;
	return at;
}

/* Of a loop over all CPUs, for the part of a cache on each. */
struct cpus_walk {
	__u64 cache;
	__u64 own; /* a per-CPU pointer of the cache */
	__u64 sum; /* objects */
};
static struct cpus_walk cpus_walk WALK;

/* Measures the offset of a CPU. The tool runs it before all others, for each CPU in order. */
SEC("raw_tp")
int measure(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 cpu = ctx->args[0];
	__u64 *to = bpf_map_lookup_elem(&cpu_offsets, &cpu);
#ifdef OLD
	if (!to || cpu != cpus_measured || !settings.per_cpu_offset ||
	    bpf_probe_read_kernel(to, sizeof(*to),
				  (void *)(settings.per_cpu_offset + cpu * sizeof(*to))))
		return 0;
#else
	__u64 shared;
	__u32 zero = 0;
	void *copy = bpf_map_lookup_percpu_elem(&everywhere, &zero, cpu);
	__u64 map = number_of(&everywhere, PLAIN_MEASURE), there = number_of(copy, PLAIN_MEASURE);

	if (!to || !map || !there || cpu != cpus_measured)
		return 0;
	if (bpf_probe_read_kernel(&shared, sizeof(shared),
				  (void *)(map + bpf_core_field_offset(struct bpf_array, pptrs))))
		return 0;
	*to = there - shared;
#endif
	cpus_measured = cpu + 1;
	return 0;
}

#endif
