/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* process.bpf.h: processes by their numbers in slabscope's own pid namespace. */
#ifndef SLABSCOPE_PROCESS_BPF_H
#define SLABSCOPE_PROCESS_BPF_H

#include "base.bpf.h"
#include "reference_types.h"

#define MAX_LEVELS 33 /* pid namespaces nest 32 deep */

/* Set before loading. */
const volatile __u32 pid_ns; /* inode of slabscope's pid namespace; 0: the initial one */

/* Returns the number of a process in slabscope's pid namespace, or 0 where it has none. */
static __always_inline __u32 visible_tgid(struct task_struct *leader)
{
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	unsigned int level = BPF_CORE_READ(pid, level);
	char *number = (char *)pid + bpf_core_field_offset(pid->numbers);

	for (unsigned int i = 0; i < MAX_LEVELS; i++, number += bpf_core_type_size(struct upid)) {
		struct upid *upid = (struct upid *)number;

		if (i > level)
			break;
		if (BPF_CORE_READ(upid, ns, ns.inum) == pid_ns)
			return BPF_CORE_READ(upid, nr);
	}
	return 0;
}

/* Returns the number of the running process, or 0 where it has none. */
static __always_inline __u32 current_tgid(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	return pid_ns ? visible_tgid(BPF_CORE_READ(task, group_leader))
		      : bpf_get_current_pid_tgid() >> 32;
}

#endif
