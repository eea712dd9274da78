/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* play.h: plays the events of a recording on the caches of a session. */
#ifndef SLABSCOPE_PLAY_H
#define SLABSCOPE_PLAY_H

#include "replay/replay_session.h"

/* Counts an event, and does to its cache what the event says. */
void play_event(struct session *s, const struct trace_event *e);

/* Samples how many objects are idle in the arrays of a cache. */
void play_look_at_arrays(struct player *p);

/*
 * Returns whether an allocation takes the object of the pending refill. An allocation in an
 * interrupt may take the object of the refill that it interrupts; so may one after a refill that
 * moved to another CPU.
 */
static inline bool play_takes_refilled(const struct trace_event *e)
{
	return e->id != TRACE_ALLOC_BYPASS;
}

#endif
