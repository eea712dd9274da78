/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_choose.bpf.h: chooses the tasks whose events count. The tool sets this before it loads the
 * programs. Where all tasks count, the verifier leaves one test of it.
 *
 * Both ends of a pair run in one task, and so get the same answer. The events of an interrupt
 * belong to the task that it interrupted.
 */
#ifndef KERNEL_CHOOSE_BPF_H
#define KERNEL_CHOOSE_BPF_H

#include "base.bpf.h"
#include "cgroup.bpf.h"
#include "events.h"

const volatile struct kernel_settings settings;
bool running; /* set when all programs are attached, so that all counts begin together */
/*
 * Of each event on a tracepoint: set while both its programs are attached. Until then the first
 * must not leave marks, which the other would not take away.
 */
bool counting[KERNEL_EVENTS];

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

/* Returns whether the running task counts. Each program asks this first. */
static __always_inline bool watching(void)
{
	return running && task_chosen();
}

#endif
