/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* choice.h: the caches and the events that the user chooses; all, unless some are chosen. */
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
	int cgroup; /* of processes in this cgroup and below it: its open directory; -1: of any */
	char cgroup_path[PATH_MAX]; /* as in /proc/PID/cgroup */
};

/* Chooses all. The caller frees it with choice_free(). */
void choice_init(struct choice *c);
void choice_free(struct choice *c);

/* Adds the globs of a list with commas. Returns 0, -EINVAL where one is empty, or -ENOMEM. */
int choice_add_globs(struct choice *c, const char *list, struct failure *f);

/*
 * Opens a cgroup of cgroup v2, by a directory or by its path in /proc/PID/cgroup. Returns 0 or a
 * negative errno.
 */
int choice_set_cgroup(struct choice *c, const char *path, struct failure *f);

/* Returns whether the name matches a glob, or there is none. */
bool choice_has_cache(const struct choice *c, const char *name);

/* The same for the other names of a cache, one a line; NULL: no other names. */
bool choice_has_alias(const struct choice *c, const char *aliases);

/* Returns whether the process is in the cgroup, or none is chosen; false if it has ended. */
bool choice_has_process(const struct choice *c, int pid);

/* Returns whether a path of a cgroup is the other one or below it. */
bool choice_path_below(const char *path, const char *above);

#endif
