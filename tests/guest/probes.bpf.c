// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * probes.bpf.c: a program on each of libslab's probes: refill_done sums its durations, the others
 * count. probe_cost.c chooses which are attached.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <stdbool.h>
#include <bpf/usdt.bpf.h>

__u64 refills, refill_ns, others;

SEC("usdt")
int BPF_USDT(refill_done, __u64 cache, __u64 cpu, __u64 node, __u64 requested, __u64 got,
	     __u64 origin, __u64 ns)
{
	__sync_fetch_and_add(&refills, 1);
	__sync_fetch_and_add(&refill_ns, ns);
	return 0;
}

#define COUNT(name)                               \
	SEC("usdt")                               \
	int BPF_USDT(name)                        \
	{                                         \
		__sync_fetch_and_add(&others, 1); \
		return 0;                         \
	}
COUNT(refill_start)
COUNT(grow)
COUNT(list_move)
COUNT(transfer)
COUNT(flush)
COUNT(slab_destroy)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
