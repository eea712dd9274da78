/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * safe_path.h: where slabscope writes files. It may run as root in directories in which other users
 * write. It follows symbolic links only if they belong to this user or to root, component by
 * component, and it keeps the directory open: no part of the path can be exchanged later.
 */
#ifndef SLABSCOPE_SAFE_PATH_H
#define SLABSCOPE_SAFE_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/failure.h"

struct safe_path {
	int dir;		 /* the directory of the file, open */
	char name[NAME_MAX + 1]; /* the file in it; no symbolic link, unless by_kernel */
	bool by_kernel;		 /* a link of /proc, which only the kernel can follow */
	bool exposed;		 /* other users may put files into the directory */
	bool foreign;		 /* the directory belongs to another user */
	uid_t owner;		 /* of the directory */
};

/*
 * Finds the place of a file that may be missing. make: makes missing directories (0700) in those
 * that belong to this user. Returns 0, or -errno and why. safe_path_leave() frees it.
 */
int safe_path_find(struct safe_path *to, const char *path, bool make, struct failure *f);
void safe_path_leave(struct safe_path *p);

/*
 * Opens the file to append to it, and creates it with this mode if it is missing. In an exposed
 * directory an existing file must belong to this user and have no other name. Returns a descriptor,
 * or -errno and why, in which path is the name for the user.
 */
int safe_path_append(const struct safe_path *p, mode_t mode, const char *path, struct failure *f);

/*
 * Replaces the file by one with this text, as a whole: a regular file or none, in a directory of
 * this user. Returns 0, or -errno and why; an existing file then stays as it was.
 */
int safe_path_replace(const struct safe_path *p, const char *text, const char *path,
		      struct failure *f);

#endif
