/* SPDX-License-Identifier: MIT */
/*
 * registration.h: whether the kernel watches over the sequences of this thread, which is then
 * registered (rseq(2)). glibc registers each thread. A thread without a registration uses no array:
 * its objects come from slabs and go back to them.
 *
 * The kernel drops the registration of a child that shares memory with its parent. Such a child
 * often has the parent's rseq area, too, and would take the parent's CPU number for its own. So
 * libslab replaces vfork() and clone(). The parent ends its own registration and calls glibc's.
 */
#ifndef SLAB_REGISTRATION_H
#define SLAB_REGISTRATION_H

#include "structs.h"

#ifdef SLAB_INLINE_HIT
#include <sys/rseq.h>

/* Returns the CPU of this thread, or a number below 0 where it has no registration. */
static inline int registration_cpu(void)
{
	char *thread = __builtin_thread_pointer();

	return (int)__atomic_load_n(&((struct rseq *)(thread + __rseq_offset))->cpu_id,
				    __ATOMIC_RELAXED);
}

/* Returns whether glibc registers the threads of this process. */
static inline bool registration_usable(void)
{
	/* The fields that are used, up to rseq_cs, are in every area that glibc registers. */
	return __rseq_size > 0;
}

/* Registers this thread again after its vfork(). Returns whether it did. Keeps errno. */
bool registration_renew(void);

/* Lets the child of fork() register itself, if its parent ended the registration. */
void registration_after_fork(void);
#else
/* This build has no sequences. */
static inline int registration_cpu(void)
{
	return -1;
}

static inline bool registration_usable(void)
{
	return false;
}

static inline bool registration_renew(void)
{
	return false;
}

static inline void registration_after_fork(void)
{
}
#endif

#endif
