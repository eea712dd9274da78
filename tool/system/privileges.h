/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * privileges.h: what slabscope may do, and giving up what it does not need any more. Once the
 * kernel's programs run, only the capabilities of privileges_kept[] are left, and no exec() can give
 * one back. What needs CAP_SYS_ADMIN later is done elsewhere: BPF statistics are switched on by a
 * helper process that can do nothing else, and where the kernel permits uprobes to nobody else the
 * thread that attaches them keeps it (threads share their memory: that keeps mistakes apart, not an
 * attacker).
 */
#ifndef SLABSCOPE_PRIVILEGES_H
#define SLABSCOPE_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/failure.h"

struct privilege {
	int capability;	     /* CAP_... of linux/capability.h */
	const char *name;    /* "CAP_BPF", ... */
	const char *why;     /* what top needs it for while it runs */
	const char *without; /* what is missing where it was not given in the first place */
};

/* What top keeps, of what it was given. */
#define PRIVILEGES_KEPT 5
extern const struct privilege privileges_kept[PRIVILEGES_KEPT];
/* What only its helper keeps, and the thread that attaches, where privileges_uprobes_admin(). */
extern const struct privilege privileges_helper, privileges_attacher;

/*
 * Starts the helper, which must hold none of the descriptors that are opened later: it is to be
 * called first. Without CAP_SYS_ADMIN there is none. The helper ends when this process does.
 */
void privileges_prepare(void);

/* Ends the helper: when nobody can call privileges_bpf_stats() any more. */
void privileges_end(void);

/*
 * Drops all capabilities of this thread, and of those that it makes later, but privileges_kept[].
 * Returns 0 or a negative errno.
 */
int privileges_drop(struct failure *f);

/* The same for a thread that attaches uprobes. */
int privileges_drop_attacher(void);

/* Whether a uprobe may be made: 0, or the positive errno that the kernel answers. */
int privileges_uprobes(void);

/* Whether that is only so with CAP_SYS_ADMIN (6.16 and later, and kernels that took it over). */
bool privileges_uprobes_admin(void);

/* Drops all of them, for a process that needs none. Returns 0 or a negative errno. */
int privileges_drop_all(void);

/* Whether this process is the one that privileges_prepare() started. */
bool privileges_is_helper(pid_t pid);

/*
 * Returns a descriptor: as long as it is open, the kernel counts the runs of BPF programs and their
 * time. A negative errno where that is not permitted.
 */
int privileges_bpf_stats(void);

#endif
