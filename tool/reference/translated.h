/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * translated.h: processes that must not meet a probe. A program that valgrind or qemu-user runs is
 * translated, with the kernel's breakpoint for a uprobe in it; the translation executes it as the
 * program's own, and SIGTRAP ends the program. Probes belong to a file, so no process that has the
 * file mapped escapes them.
 */
#ifndef SLABSCOPE_TRANSLATED_H
#define SLABSCOPE_TRANSLATED_H

#include <stdbool.h>
#include <sys/types.h>

/* Returns whether the process runs its program by translating it; false where that is hidden. */
bool translated_is(pid_t pid);

/*
 * Returns the pid of such a process that has the file mapped, as /proc/PID/maps numbers its device;
 * 0: there is none.
 */
pid_t translated_with(dev_t dev, ino_t ino);

#endif
