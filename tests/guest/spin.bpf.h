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

/* Not static, so that the verifier checks it once. Without bpf_loop(), which 5.10 lacks. */
__noinline int wait_for(__u64 end)
{
	for (int i = 0; i < 1000; i++)
		if (bpf_ktime_get_ns() >= end)
			return 1;
	return 0;
}

SEC("fentry/" SPIN_IN)
int BPF_PROG(spin)
{
	__u64 end;

	/* Without an atomic operation that returns, which 5.10 lacks: these guests have one CPU. */
	if (spins.calls++ % 10 != 9)
		return 0;
	__sync_fetch_and_add(&spins.spun, 1);
	end = bpf_ktime_get_ns() + SPIN_NS;
	for (int i = 0; i < 1000; i++)
		if (wait_for(end))
			break;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#endif
