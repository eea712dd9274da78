/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * workload.h: makes the kernel allocate and free batches of objects on some CPUs. It leaves nothing
 * behind, unless SIGKILL ends it, and never holds many objects at once.
 */
#ifndef SLABSCOPE_WORKLOAD_H
#define SLABSCOPE_WORKLOAD_H

#include <stdbool.h>

#include "base/failure.h"

/* Whether there is a workload of that name; "all" is one. */
bool workload_exists(const char *name);

/* Runs the workload for some time. Returns an exit status; f explains one that is not 0. */
int workload_run(const char *name, double seconds, struct failure *f);

#endif
