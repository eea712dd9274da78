/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_live.h: records the running kernel under a built-in workload, for a comparison. */
#ifndef SLABSCOPE_COMPARE_LIVE_H
#define SLABSCOPE_COMPARE_LIVE_H

#include <signal.h>

#include "base/failure.h"

struct compare_live_options {
	const char *workload; /* NULL: all of them in turn */
	double seconds;
	/* is created, and kept; NULL: a directory that compare_live_end() removes */
	const char *dir;
	const char *const *caches;
};

struct compare_live_recording {
	char dir[256];
	int remove;	 /* whether compare_live_end() removes it */
	sigset_t before; /* signals that were blocked */
};

/*
 * Records. Until compare_live_end(), a signal ends the recording, but not the process. Returns 0,
 * or -errno and why; then nothing is left, and compare_live_end() must not be called.
 */
int compare_live_record(const struct compare_live_options *o, struct compare_live_recording *to,
			struct failure *f);

/*
 * Removes the recording unless it is to be kept. Files that are open can still be read: so no
 * signal that comes later leaves them behind.
 */
void compare_live_end(struct compare_live_recording *r);

#endif
