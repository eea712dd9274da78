/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* stream_states.h: what caches had when the recording began, kept for a run on threads. */
#ifndef SLABSCOPE_STREAM_STATES_H
#define SLABSCOPE_STREAM_STATES_H

#include "replay/threads/stream.h"

/*
 * Keeps a state for a cache, a number in stream.cache. Returns 0, -ENOMEM, or -E2BIG: no recording
 * begins with so many.
 */
int stream_states_add(struct stream *s, unsigned cache, const struct trace_event *e);

/*
 * Reads the state at a place from 0 to s->state_words: an event for replay_state_make(), without
 * its time and with a cache of stream.cache. Returns the place of the next one.
 */
size_t stream_states_next(const struct stream *s, size_t at, struct trace_event *to);

#endif
