/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libslab_files.h: finds libslab in processes: the files with libslab that a process runs, and the
 * address of each registry. Each file is examined once.
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
	dev_t dev; /* as in /proc/PID/maps */
	ino_t ino;
	int fd;		 /* keeps the inode from being reused */
	uint32_t number; /* unique; from 1 */
	struct libslab_note place;
	uint64_t used;		     /* the round that last saw it in a process */
	struct attachment *attached; /* the caller's */
	bool tried;		     /* for the caller: attaching was tried */
};

/* One registry of a process. */
struct libslab_use {
	uint32_t number; /* of the target */
	uint64_t registry;
};

struct libslab_files;

/* Creates it. Calls release, which may be NULL, before an attached target goes away. */
struct libslab_files *libslab_files_new(void (*release)(struct libslab_file *, void *arg),
					void *arg);
void libslab_files_free(struct libslab_files *t);

/* Begins a round. Where there are many targets, forgets deleted files without a process. */
void libslab_files_round(struct libslab_files *t);

/*
 * Examines a process; tid is a thread that has its memory. Returns the number of its registries and
 * fills to with at most LIBSLAB_FILES_PROCESS of them; or -ESRCH, -EACCES, -EPERM, or another
 * negative errno. Calls found, which may be NULL, for each target of the process.
 */
int libslab_files_scan(struct libslab_files *t, pid_t tid, struct libslab_use *to,
		       void (*found)(struct libslab_file *, void *arg), void *arg);

/*
 * Returns 0; or a negative errno: why a file of the process that was examined last could not be, so
 * that it may have more registries.
 */
int libslab_files_trouble(const struct libslab_files *t);

/* Returns the target of this number; NULL when it is gone. */
const struct libslab_file *libslab_files_find(const struct libslab_files *t, uint32_t number);

/* Parses a line of /proc/PID/maps. Returns false unless it is code of a file. */
struct libslab_mapping {
	uint64_t start, end, offset;
	dev_t dev;
	ino_t ino;
	const char *path; /* within the line */
};
bool libslab_files_parse_mapping(char *line, struct libslab_mapping *to);

#endif
