/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * privileges.h: the privileges of slabscope, and dropping those that it no longer needs. Once the
 * kernel's programs run, only privileges_kept[] are left, and exec() cannot give any back.
 *
 * Two tasks need CAP_SYS_ADMIN later. A helper process, which can do nothing else, switches BPF
 * statistics on. Where only CAP_SYS_ADMIN permits uprobes, the thread that attaches them keeps it.
 * Threads share memory: that limits mistakes, not an attacker.
 */
#ifndef SLABSCOPE_PRIVILEGES_H
#define SLABSCOPE_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/failure.h"

struct privilege {
	int capability;	     /* CAP_... of linux/capability.h */
	const char *name;    /* "CAP_BPF", ... */
	const char *why;     /* why top needs it while it runs */
	const char *without; /* what is missing without it */
};

/* The capabilities that top keeps, if it was given them. */
#define PRIVILEGES_KEPT 5
extern const struct privilege privileges_kept[PRIVILEGES_KEPT];
/* Those of its helper, and of the thread that attaches, where privileges_uprobes_admin(). */
extern const struct privilege privileges_helper, privileges_attacher;

/*
 * Starts the helper. Call it first: the helper must not hold descriptors that are opened later.
 * Without CAP_SYS_ADMIN there is no helper. It ends with this process.
 */
void privileges_prepare(void);

/* Ends the helper. privileges_bpf_stats() cannot be called any more. */
void privileges_end(void);

/*
 * Drops all capabilities but privileges_kept[] of this thread and of those that it starts later.
 * Returns 0 or a negative errno.
 */
int privileges_drop(struct failure *f);

/* The same for a thread that attaches uprobes. */
int privileges_drop_attacher(void);

/* Returns 0 if this process may create a uprobe, or the positive errno of the kernel. */
int privileges_uprobes(void);

/* Returns whether only CAP_SYS_ADMIN permits it (from 6.16 on, and in kernels with that change). */
bool privileges_uprobes_admin(void);

/* Drops all capabilities, for a process that needs none. Returns 0 or a negative errno. */
int privileges_drop_all(void);

/* Returns whether this is the process that privileges_prepare() started. */
bool privileges_is_helper(pid_t pid);

/*
 * Remedies for missing privileges begin so. privileges_remedy() writes a remedy as it helps this
 * user: root may lack privileges, in a container or a user namespace, and is root already.
 */
#define PRIVILEGES_AS_ROOT "run as root: sudo slabscope; or give it "
void privileges_remedy(const char *remedy, bool root, char *to, size_t size);

/*
 * Returns a descriptor, or a negative errno where that is not permitted. While it is open, the
 * kernel counts the runs of BPF programs and their time.
 */
int privileges_bpf_stats(void);

#endif
