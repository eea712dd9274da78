/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* demo.h: the command that shows libslab under a built-in load. */
#ifndef SLABSCOPE_DEMO_H
#define SLABSCOPE_DEMO_H

#include "base/failure.h"
#include "command/options.h"

/* Starts the load in a child, runs top on it, and ends the child. Returns the exit status. */
int demo_run(const struct options *options, struct failure *f);

#endif
