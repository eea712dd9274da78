// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pair.bpf.c: what timing a function takes where there is nothing to be timed: with the clock read last at its
 * entry and first at its exit, as around a refill. By fentry it is a function that adds one to its argument, which
 * the kernel has for this, and calls for fentry programs only. By kprobes, which there may be where fentry is not,
 * it is the system call that does least: it reads a word.
 */
#include "base.bpf.h"
#include "events_pair.h"

struct pair_samples samples SEC(".data.samples");

static __u64 began;

static __always_inline int enter(void)
{
	*(volatile __u64 *)&began = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int leave(void)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 at = samples.nr;

	if (!began || at >= PAIR_SAMPLES)
		return 0;
	samples.ns[at & (PAIR_SAMPLES - 1)] = now - began;
	samples.nr = at + 1;
	began = 0;
	return 0;
}

SEC("fentry/bpf_fentry_test1")
int pair_fentry(void *ctx)
{
	return enter();
}

SEC("fexit/bpf_fentry_test1")
int pair_fexit(void *ctx)
{
	return leave();
}

SEC("kprobe/__x64_sys_personality")
int pair_kprobe(void *ctx)
{
	return enter();
}

SEC("kretprobe/__x64_sys_personality")
int pair_kretprobe(void *ctx)
{
	return leave();
}

/* Never attached: run by hand, it has the kernel call the function. */
SEC("fentry/bpf_fentry_test1")
int pair_call(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
