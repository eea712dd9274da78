/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * process_stat.h: a process as /proc shows it: whether it lives, since when, and whether it still
 * runs the same program.
 */
#ifndef SLABSCOPE_PROCESS_STAT_H
#define SLABSCOPE_PROCESS_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct process_stat {
	char comm[32];
	uint64_t start; /* clock ticks since boot: with the pid, one process and no other */
	uint64_t vsize; /* bytes mapped: changes when a library is loaded */
	uint64_t image; /* differs after exec(); 0: not permitted */
	uint32_t tid;	/* a thread that still has the memory: the pid, unless main() called
			 * pthread_exit() */
	bool ended;	/* a zombie: the memory is gone */
};

/*
 * Returns 0; -ESRCH when there is no such process, or hidepid hides it; or another negative errno.
 */
int process_stat(int pid, struct process_stat *to);

/* Parses the text of a stat file and fills threads with num_threads. Returns 0 or -EINVAL. */
int process_stat_parse(char *text, struct process_stat *to, unsigned *threads);

/*
 * Reads /proc/PID/FILE, at most limit bytes, into *to, which ends with a NUL and which the caller
 * frees. Returns the length or a negative errno.
 */
ssize_t process_read_file(int pid, const char *file, size_t limit, char **to);

/* Returns the last number of a line of /proc/PID/status ("Tgid", "NSpid"), or a negative errno. */
int process_status_number(int pid, const char *line);

/*
 * Fills to with the file of our pid namespace. Returns false if it is the initial namespace, or if
 * /proc does not show it.
 */
bool process_pid_namespace(struct stat *to);

/* Calls each(pid, arg) for every process that /proc lists. Returns 0 or a negative errno. */
int process_each(void (*each)(int pid, void *arg), void *arg);

#endif
