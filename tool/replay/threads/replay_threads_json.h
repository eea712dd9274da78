/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_threads_json.h: a replay on threads as one JSON object. */
#ifndef SLABSCOPE_REPLAY_THREADS_JSON_H
#define SLABSCOPE_REPLAY_THREADS_JSON_H

#include <jansson.h>

#include "replay/threads/replay_threads.h"

/* Returns an object with the schema "slabscope.replay-threads/1"; NULL: no memory. */
json_t *replay_threads_json(const struct replay_threads *t, const struct trace_losses *losses);

#endif
