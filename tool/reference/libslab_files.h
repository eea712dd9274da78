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

#define LIBSLAB_FILES_MAX     64 /* files with libslab at a time */
#define LIBSLAB_FILES_PROCESS 8	 /* of them in one process */

struct attachment;

/* A file with libslab. */
struct libslab_file {
	dev_t dev; /* as /proc/PID/maps tells it */
	ino_t ino;
	int fd;		 /* keeps the inode: it cannot be another file's while we know it */
	uint32_t number; /* no other target ever has it; from 1 */
	struct libslab_note place;
	uint64_t used;		     /* round in which it was last seen in a process */
	struct attachment *attached; /* the caller's */
	bool tried;		     /* the caller's: it was to be attached */
};

/* One registry of a process. */
struct libslab_use {
	uint32_t number; /* of the target */
	uint64_t registry;
};

struct libslab_files;

/* release (may be NULL) is called before a target that the caller has attached goes away. */
struct libslab_files *libslab_files_new(void (*release)(struct libslab_file *, void *arg),
					void *arg);
void libslab_files_free(struct libslab_files *t);

/* Begins a round. Where there are many targets, deleted files that nobody runs any more go away. */
void libslab_files_round(struct libslab_files *t);

/*
 * Looks through what a process runs; tid is a thread of it that has the memory. Returns how many
 * registries it has and puts up to LIBSLAB_FILES_PROCESS of them into to; or -ESRCH, -EACCES, -EPERM,
 * -ENOMEM. found (may be NULL) is called for each target that the process has.
 */
int libslab_files_scan(struct libslab_files *t, pid_t tid, struct libslab_use *to,
		       void (*found)(struct libslab_file *, void *arg), void *arg);

/* Returns the target of this number, or NULL when it is gone. */
const struct libslab_file *libslab_files_find(const struct libslab_files *t, uint32_t number);

/* Parses one line of /proc/PID/maps. Returns false unless it is code of a file. */
struct libslab_mapping {
	uint64_t start, end, offset;
	dev_t dev;
	ino_t ino;
	const char *path; /* within the line */
};
bool libslab_files_parse_mapping(char *line, struct libslab_mapping *to);

#endif
