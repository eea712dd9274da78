/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_live.h: a recording of the running kernel under a built-in workload, made to be compared. */
#ifndef SLABSCOPE_COMPARE_LIVE_H
#define SLABSCOPE_COMPARE_LIVE_H

#include "base/failure.h"

struct compare_live_options {
	const char *workload; /* NULL: all of them in turn */
	double seconds;
	const char *dir; /* that is made, and kept; NULL: one that compare_live_end() removes */
	const char *const *caches;
};

struct compare_live_recording {
	char dir[256];
	int remove; /* whether it is not to be kept */
};

/* 0, or -errno and why; then nothing is left but what the recording has said on stderr. */
int compare_live_record(const struct compare_live_options *o, struct compare_live_recording *to,
			struct failure *f);
void compare_live_end(struct compare_live_recording *r);

#endif
