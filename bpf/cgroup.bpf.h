/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* cgroup.bpf.h: the chosen cgroup. */
#ifndef SLABSCOPE_CGROUP_BPF_H
#define SLABSCOPE_CGROUP_BPF_H

#include "base.bpf.h"

/* The tool stores the chosen cgroup here. */
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cgroups SEC(".maps");

/* Returns whether the running process is in the cgroup, or below it. */
static __always_inline bool in_chosen_cgroup(void)
{
	return bpf_current_task_under_cgroup(&cgroups, 0) == 1;
}

#endif
