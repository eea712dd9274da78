/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * choice.h: what the user wants to see: which caches, and whose events. Everything, until something
 * is chosen.
 */
#ifndef SLABSCOPE_CHOICE_H
#define SLABSCOPE_CHOICE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

struct choice {
	char **glob; /* NULL behind the last; NULL: all */
	size_t nr_globs;
	int pid;    /* events of this process; 0: of any */
	int cgroup; /* of processes in this cgroup and below it: its directory, open; -1: of any */
	char cgroup_path[PATH_MAX]; /* as /proc/PID/cgroup tells it */
};

/* Nothing is chosen. The caller frees it with choice_free(). */
void choice_init(struct choice *c);
void choice_free(struct choice *c);

/* Adds the globs of a list with commas. 0, -EINVAL (one is empty) or -ENOMEM. */
int choice_add_globs(struct choice *c, const char *list, struct failure *f);

/*
 * Opens a cgroup of cgroup v2: a directory, or a path within the hierarchy as /proc/PID/cgroup has
 * it. 0 or a negative errno.
 */
int choice_set_cgroup(struct choice *c, const char *path, struct failure *f);

/* Whether the name matches a glob, or none was given. */
bool choice_has_cache(const struct choice *c, const char *name);

/* The same for the other names of a cache, one a line; NULL: it has none. */
bool choice_has_alias(const struct choice *c, const char *aliases);

/* Whether the process is of the cgroup, or none was given. False: also where it has ended. */
bool choice_has_process(const struct choice *c, int pid);

/* Whether the path of a cgroup is inside or below the other. */
bool choice_path_below(const char *path, const char *above);

#endif
