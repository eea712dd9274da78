/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_slices.h: counts by equal parts of the recorded time. */
#ifndef SLABSCOPE_REPLAY_SLICES_H
#define SLABSCOPE_REPLAY_SLICES_H

#include "replay/replay_session.h"

void replay_slices_begin(struct session *s);

/* Makes the slices of a cache. Returns 0 or -ENOMEM. */
int replay_slices_make(const struct session *s, struct player *p);

/* Closes the slices that end before ns; UINT64_MAX: all of them. */
void replay_slices_until(struct session *s, uint64_t ns);

void replay_slices_free(struct replay_cache *c);

#endif
