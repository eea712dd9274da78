/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_choose.bpf.h: whose events are counted. The tool says it before the programs are loaded;
 * where all are, the verifier leaves nothing of this but one test.
 *
 * Both ends of a pair run in one task and so are asked the same question. What an interrupt does is
 * its task's that it interrupted.
 */
#ifndef KERNEL_CHOOSE_BPF_H
#define KERNEL_CHOOSE_BPF_H

#include "base.bpf.h"
#include "cgroup.bpf.h"
#include "events.h"

const volatile struct kernel_settings settings;
bool running; /* set when everything is attached, so that all counts begin together */

static __always_inline bool process_chosen(void)
{
	struct bpf_pidns_info info;

	if (!settings.pid_ns_inode)
		return bpf_get_current_pid_tgid() >> 32 == settings.pid;
	return !bpf_get_ns_current_pid_tgid(settings.pid_ns_device, settings.pid_ns_inode, &info,
					    sizeof(info)) &&
	       info.tgid == settings.pid;
}

static __always_inline bool task_chosen(void)
{
	__u32 tasks = settings.tasks;

	if (tasks == TASKS_PROCESS)
		return process_chosen();
	if (tasks == TASKS_CGROUP)
		return in_chosen_cgroup();
	return true;
}

/* Each program asks this first, and does nothing where it is false. */
static __always_inline bool watching(void)
{
	return running && task_chosen();
}

#endif
