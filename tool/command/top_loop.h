/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* top_loop.h: shows samples until something ends it: on a screen, as text, as JSON, as CSV. */
#ifndef SLABSCOPE_TOP_LOOP_H
#define SLABSCOPE_TOP_LOOP_H

#include <sys/types.h>

#include "base/failure.h"
#include "command/top_options.h"

/*
 * Runs until the user, a signal, the number of samples or the end of the reader ends it. load,
 * unless 0, is a child of this process; top reports its end, and waits for it. Returns an exit
 * status; f explains one that is not 0, unless the terminal is lost.
 */
int top_loop_run(const struct top_options *options, pid_t load, struct failure *f);

#endif
