/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * workload.h: what a kernel's allocator can be made to do, by anybody: batches of objects that live together
 * for a moment, on each of some CPUs. Nothing is left behind, whatever ends it but SIGKILL; and not much of
 * anything is ever there at once.
 */
#ifndef SLABSCOPE_WORKLOAD_H
#define SLABSCOPE_WORKLOAD_H

#include <stdbool.h>

#include "base/failure.h"

#define WORKLOAD_NAMES "files, sockets, pipes, messages, inodes, threads, all"

struct workload_options {
	const char *name;
	double seconds;
};

int options_parse_workload(struct workload_options *o, int argc, char **argv, struct failure *f);

bool workload_exists(const char *name);

/* Returns an exit status. */
int workload_run(const struct workload_options *o, struct failure *f);

#endif
