/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* placement.h: which CPU each thread of a replay runs on. */
#ifndef SLABSCOPE_PLACEMENT_H
#define SLABSCOPE_PLACEMENT_H

#include "replay/threads/replay_threads.h"
#include "replay/threads/stream.h"

/* Chooses a CPU for the thread of each recorded CPU. Returns 0, or -errno and why. */
int placement_choose(struct replay_threads *to, const struct stream *s, struct failure *f);

#endif
