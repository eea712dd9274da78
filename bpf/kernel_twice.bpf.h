/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_twice.bpf.h: events that have two programs each.
 *
 * The kernel skips a program where it would nest on a CPU: within an interrupt, and from 7.0 on
 * (where a program may lose its CPU to another task) as long as that task runs. So the first
 * program, when it has counted an event, leaves a mark that identifies it, such as the address of
 * the object. The second program counts where it does not find the mark. The first program keeps
 * the mark of an interrupted event behind its own, and the second one puts it back. Events that
 * come while the second program looks have no second program: their marks are in front of its
 * own, which stays behind them.
 *
 * To pair a refill, functions that the allocator calls without letting go of the CPU need no second
 * program. The others do.
 */
#ifndef KERNEL_TWICE_BPF_H
#define KERNEL_TWICE_BPF_H

#include "base.bpf.h"
#include "kernel_choose.bpf.h"
#include "kernel_count.bpf.h"
#include "kernel_helpers.bpf.h"

static __always_inline volatile struct kernel_done *done_of(enum plain_number which)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 *number = bpf_map_lookup_elem(&plain, &cpu);

	return number ? (volatile struct kernel_done *)&number[which] : NULL;
}

static __always_inline void done_leave(volatile struct kernel_done *done, __u64 event)
{
	if (!done->behind)
		done->behind = done->event;
	done->event = event;
}

static __always_inline bool done_find(volatile struct kernel_done *done, __u64 event)
{
	__u64 top = done->event, behind = done->behind;

	if (top != event && behind != event)
		return false; /* the mark of an interrupted event, which will find it */
	done->event = behind == event ? 0 : behind;
	done->behind = 0;
	return true;
}

/* Two programs on a function. For each event only one of them runs count. */
#define TWICE(name, where, which, event, count)                                         \
	SEC(where)                                                                      \
	int name(__u64 *ctx)                                                            \
	{                                                                               \
		volatile struct kernel_done *done = watching() ? done_of(which) : NULL; \
                                                                                        \
		if (!done)                                                              \
			return 0;                                                       \
		count;                                                                  \
		done_leave(done, (event) + 1);                                          \
		return 0;                                                               \
	}                                                                               \
	SEC(where)                                                                      \
	int late_##name(__u64 *ctx)                                                     \
	{                                                                               \
		volatile struct kernel_done *done = watching() ? done_of(which) : NULL; \
                                                                                        \
		if (done && !done_find(done, (event) + 1)) {                            \
			__sync_fetch_and_add(&troubles.caught, 1);                      \
			count;                                                          \
		}                                                                       \
		return 0;                                                               \
	}

#endif
