/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_sweep.h: the same recording under many settings, and which of them is enough. */
#ifndef SLABSCOPE_REPLAY_SWEEP_H
#define SLABSCOPE_REPLAY_SWEEP_H

#include "replay/replay.h"

#define REPLAY_SWEEP_ENOUGH \
	1.1 /* refills of the recommended setting, at most, as a multiple of the best's */

struct replay_sweep {
	struct replay *run; /* one a setting; the same caches in each */
	struct replay_settings *setting;
	size_t nr;
};

/* what: as --sweep has it; base: everything else. 0, or -errno and why. */
int replay_sweep_run(struct trace_reader *r, const char *what, const struct replay_settings *base,
		     struct replay_sweep *to, struct failure *f);
void replay_sweep_free(struct replay_sweep *s);

/* The setting that is recommended for a cache: an index; or -1 where it was not replayed. */
int replay_sweep_recommend(const struct replay_sweep *s, size_t cache);

#endif
