// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pair.bpf.c: measures the duration of an empty function. It reads the clock last at the entry
 * and first at the exit, as around a refill. With fentry the function adds one to its argument;
 * the kernel has it for tests of fentry programs. With kprobes, for kernels without fentry, it is
 * a system call that only reads a word.
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

/* The tool runs it without attaching it: the kernel then calls the function. */
SEC("fentry/bpf_fentry_test1")
int pair_call(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
