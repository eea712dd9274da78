/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* stack.bpf.h: a stack for each run of a program. */
#ifndef SLABSCOPE_STACK_BPF_H
#define SLABSCOPE_STACK_BPF_H

#include "base.bpf.h"

/*
 * Programs of uprobes run with preemption on. From 6.13 on a kernel may give them a stack that
 * all tasks of a CPU share: another run of the same program then writes on it. The kernel does
 * not do so for a program with a tail call. This one never runs.
 */
const volatile bool never;
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} nothing SEC(".maps");
#define KEEP_OWN_STACK(ctx)                              \
	do {                                             \
		if (never)                               \
			bpf_tail_call(ctx, &nothing, 0); \
	} while (0)

#endif
