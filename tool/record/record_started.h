/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * record_started.h: programs that processes start during a recording. slabscope looks for libslab
 * in each as soon as it can, and says what was not recorded until then.
 */
#ifndef SLABSCOPE_RECORD_STARTED_H
#define SLABSCOPE_RECORD_STARTED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define RECORD_STARTED_MAX 256 /* that wait; more wait for the next search of all processes */

enum record_started_result {
	RECORD_STARTED_GONE,
	RECORD_STARTED_WITHOUT, /* libslab */
	RECORD_STARTED_FOUND,
};

struct record_started {
	struct record_started_one {
		int pid;
		unsigned looks;
		uint64_t ns; /* of the exec() */
	} waiting[RECORD_STARTED_MAX];
	unsigned nr;
	uint64_t unseen; /* ended before libslab could be loaded and found */
};

/* Notes that a process has started a program. */
void record_started_add(struct record_started *s, int pid, uint64_t ns);

/*
 * Calls look() for each program that waits. A program that loads libslab is not there at once, so
 * it waits for some more looks.
 */
void record_started_look(struct record_started *s,
			 enum record_started_result (*look)(int pid, uint64_t ns, void *arg),
			 void *arg);

/*
 * Prints that the file of a process was found while it ran. ns: when it started its program; 0: it
 * is not known.
 */
void record_started_late(FILE *to, int pid, uint64_t ns);

/* Prints how many programs may be missing, if any. */
void record_started_unseen(const struct record_started *s, FILE *to);

#endif
