/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_sweep.h: replays of one recording with many settings, and which of them is enough. */
#ifndef SLABSCOPE_REPLAY_SWEEP_H
#define SLABSCOPE_REPLAY_SWEEP_H

#include "replay/replay.h"

#define REPLAY_SWEEP_ENOUGH \
	1.1 /* the most refills of the recommended setting, as a multiple of the best one */

struct replay_sweep {
	struct replay *run; /* one for each setting; all have the same caches */
	struct replay_settings *setting;
	size_t nr;
};

/*
 * Checks the argument of --sweep, and that base sets nothing that it sweeps. Returns 0, or -errno
 * and why.
 */
int replay_sweep_check(const char *what, const struct replay_settings *base, struct failure *f);

/*
 * Runs a sweep. what: the argument of --sweep; base: all other settings. Returns 0, or -errno and
 * why.
 */
int replay_sweep_run(struct trace_reader *r, const char *what, const struct replay_settings *base,
		     struct replay_sweep *to, struct failure *f);
void replay_sweep_free(struct replay_sweep *s);

/* Returns the index of the recommended setting for a cache; -1 where it was not replayed. */
int replay_sweep_recommend(const struct replay_sweep *s, size_t cache);

#endif
