/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_live.h: records the running kernel under a built-in workload, for a comparison. */
#ifndef SLABSCOPE_COMPARE_LIVE_H
#define SLABSCOPE_COMPARE_LIVE_H

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
	int remove; /* whether compare_live_end() removes it */
};

/*
 * Records. Returns 0, or -errno and why; then only the output of the recording on stderr is left.
 */
int compare_live_record(const struct compare_live_options *o, struct compare_live_recording *to,
			struct failure *f);
void compare_live_end(struct compare_live_recording *r);

#endif
