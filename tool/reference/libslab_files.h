/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libslab_files.h: finds libslab in processes: which of the files that a process runs contain it, and
 * where each one's registry stands. A file is looked into once, however many processes run it.
 */
#ifndef SLABSCOPE_LIBSLAB_FILES_H
#define SLABSCOPE_LIBSLAB_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reference/libslab_note.h"

#define TARGETS_MAX	64 /* files with libslab at a time */
#define TARGETS_PROCESS 8  /* of them in one process */

struct attachment;

/* A file with libslab. */
struct target {
	dev_t dev; /* as /proc/PID/maps tells it */
	ino_t ino;
	int fd;		 /* keeps the inode: it cannot be another file's while we know it */
	uint32_t number; /* no other target ever has it; from 1 */
	struct slab_place place;
	uint64_t used;		     /* round in which it was last seen in a process */
	struct attachment *attached; /* the caller's */
	bool tried;		     /* the caller's: it was to be attached */
};

/* One registry of a process. */
struct target_use {
	uint32_t number; /* of the target */
	uint64_t registry;
};

struct targets;

/* release (may be NULL) is called before a target that the caller has attached goes away. */
struct targets *targets_new(void (*release)(struct target *, void *arg), void *arg);
void targets_free(struct targets *t);

/* Begins a round. Where there are many targets, deleted files that nobody runs any more go away. */
void targets_round(struct targets *t);

/*
 * Looks through what a process runs; tid is a thread of it that has the memory. Returns how many
 * registries it has and puts up to TARGETS_PROCESS of them into to; or -ESRCH, -EACCES, -EPERM,
 * -ENOMEM. found (may be NULL) is called for each target that the process has.
 */
int targets_scan(struct targets *t, pid_t tid, struct target_use *to,
		 void (*found)(struct target *, void *arg), void *arg);

/* Returns the target of this number, or NULL when it is gone. */
const struct target *targets_find(const struct targets *t, uint32_t number);

/* Parses one line of /proc/PID/maps. Returns false unless it is code of a file. */
struct target_mapping {
	uint64_t start, end, offset;
	dev_t dev;
	ino_t ino;
	const char *path; /* within the line */
};
bool targets_parse_mapping(char *line, struct target_mapping *to);

#endif
