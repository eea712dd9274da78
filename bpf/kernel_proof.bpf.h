/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_proof.bpf.h: programs that prove that attached programs run. A kernel may attach programs
 * to functions and never run them: with kernel.ftrace_enabled=0, or with kprobes disabled in
 * debugfs. The tool calls a function that hardly anybody calls, and looks at these counts.
 */
#ifndef KERNEL_PROOF_BPF_H
#define KERNEL_PROOF_BPF_H

#include "base.bpf.h"

__u64 proof_fentries, proof_kprobes;

SEC("fentry/generic_read_dir")
int proof_fentry(__u64 *ctx)
{
	__sync_fetch_and_add(&proof_fentries, 1);
	return 0;
}

SEC("kprobe/generic_read_dir")
int BPF_KPROBE(proof_kprobe)
{
	__sync_fetch_and_add(&proof_kprobes, 1);
	return 0;
}

#endif
