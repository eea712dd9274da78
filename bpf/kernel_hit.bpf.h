/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_hit.bpf.h: tells hits from refills with PREEMPT_RT, where each allocation from a CPU's
 * slab runs ___slab_alloc(). Another task of the same CPU may run in the middle of it: then the
 * slab that the CPU owns at the end may be that of the other task.
 */
#ifndef KERNEL_HIT_BPF_H
#define KERNEL_HIT_BPF_H

#include "kernel_frames.bpf.h"

/* Returns what the entry sees. free: the CPU's slab has free objects; any: of any node will do. */
static __always_inline __u16 hit_seen(bool free, bool any)
{
	if (!free)
		return SEEN_MAYBE;
	return SEEN_MAYBE | (any ? SEEN_FREELIST : SEEN_FREE_OF_NODE);
}

/*
 * Returns whether a run was a hit. left: the slab that the CPU owns at its end. explained: that
 * slab was the CPU's own at the entry, or behind it. Where nothing was free, and the run went
 * nowhere, another task has refilled meanwhile.
 */
static __always_inline bool hit_was(const struct frame *f, __u64 left, bool explained)
{
	if (f->seen & (SEEN_GROWN | SEEN_REMOTE | SEEN_PARTIAL))
		return false;
	if (f->seen & SEEN_FREELIST)
		return true;
	if (f->seen & SEEN_FREE_OF_NODE)
		return left == f->slab;
	return left && !explained;
}

#endif
