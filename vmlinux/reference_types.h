/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * reference_types.h: the kernel types that identify a process image. They have only the fields
 * that the programs read; CO-RE finds the offsets in the running kernel.
 */
#ifndef SLABSCOPE_REFERENCE_TYPES_H
#define SLABSCOPE_REFERENCE_TYPES_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

/* A process' number as one pid namespace sees it. */
struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1]; /* level + 1 of them; none in the type from 6.5 on */
};

struct task_struct {
	struct task_struct *group_leader;
	struct pid *thread_pid;
	int tgid;
	__u64 start_boottime;
	__u64 self_exec_id; /* counts the exec()s of a process */
	char comm[16];
};

#pragma clang attribute pop

#endif
