/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * sandbox.h: system calls that slabscope no longer needs fail with EPERM, by a seccomp filter. If
 * hostile input (a registry, an ELF file, a recording) finds a fault in slabscope, it then starts
 * no program, and changes no other process and no existing file.
 *
 * The filter lists what is refused: a newer C library or libbpf that uses a new call goes on
 * working. SECURITY.md says what a filter cannot see.
 */
#ifndef SLABSCOPE_SANDBOX_H
#define SLABSCOPE_SANDBOX_H

#include <stdbool.h>

/* Which files may still be written, apart from those that are open. */
enum sandbox_files {
	SANDBOX_READS, /* none */
	SANDBOX_SAVES, /* new ones, which may then replace others by rename() */
	SANDBOX_LOGS,  /* those, and existing ones at their end */
};

/*
 * Installs the filter for all threads of this process, its children, and what they run. Sets
 * no_new_privs. Returns 0, or a negative errno where the kernel has no such filters or another
 * filter forbids them: nothing is refused then.
 */
int sandbox_enter(enum sandbox_files files);

/*
 * Installs the filter of the helper in privileges.c: only what its loop needs is permitted. Returns
 * as sandbox_enter() does.
 */
int sandbox_enter_helper(void);

/* Returns whether this kernel has such filters. */
bool sandbox_possible(void);

#endif
