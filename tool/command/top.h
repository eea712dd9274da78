/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* top.h: the command that shows rounds: on a screen, as text, as JSON. */
#ifndef SLABSCOPE_TOP_H
#define SLABSCOPE_TOP_H

#include <sys/types.h>

#include "base/failure.h"
#include "command/options.h"

/*
 * Runs until the user, a signal, the number of rounds or a lost reader ends it. load, unless 0, is a
 * child of this process whose end is told (and waited for).
 * Returns the exit status; where it is 1, f says why, or nothing where there is nobody to tell.
 */
int top_run(const struct options *options, pid_t load, struct failure *f);

#endif
