/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * spin.bpf.h: makes every tenth call of the function SPIN_IN 200 microseconds longer, and counts
 * those calls.
 */
#ifndef SPIN_BPF_H
#define SPIN_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define SPIN_NS 200000

struct spins {
	__u64 spun; /* first, where the test looks for it */
	__u64 calls;
} spins;

static long step(__u32 turn, __u64 *end)
{
	return bpf_ktime_get_ns() >= *end;
}

SEC("fentry/" SPIN_IN)
int BPF_PROG(spin)
{
	__u64 end;

	if (__sync_fetch_and_add(&spins.calls, 1) % 10 != 9)
		return 0;
	__sync_fetch_and_add(&spins.spun, 1);
	end = bpf_ktime_get_ns() + SPIN_NS;
	bpf_loop(1 << 20, step, &end, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#endif
