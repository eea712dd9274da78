/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * record_child.h: starts a command so that the recording misses nothing of it: the command stops at
 * its first instruction, with all its libraries mapped, until the probes are attached.
 */
#ifndef SLABSCOPE_RECORD_CHILD_H
#define SLABSCOPE_RECORD_CHILD_H

#include <sys/types.h>

#include "base/failure.h"

/* Starts the command with SLAB_EVENTS=1. Returns its pid, stopped; or -errno and why. */
pid_t record_child_start(char *const argv[], struct failure *f);

/* Starts the command with a variable, and does not stop it. Returns its pid; or -errno and why. */
pid_t record_child_spawn(char *const argv[], const char *variable, const char *value,
			 struct failure *f);

/* Continues the command. Returns 0 or -errno. */
int record_child_go(pid_t pid);

/*
 * Ends the command by SIGTERM, and waits for it. signals: a descriptor of signals_open(): another
 * signal, or ten seconds, end it by SIGKILL.
 */
void record_child_end(pid_t pid, int signals);

#endif
