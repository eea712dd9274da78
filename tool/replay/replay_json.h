/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_json.h: a replay, or a sweep, as one JSON object. NULL: no memory. */
#ifndef SLABSCOPE_REPLAY_JSON_H
#define SLABSCOPE_REPLAY_JSON_H

#include <jansson.h>

#include "replay/replay_sweep.h"

/* Returns counts as an object, for other reports. */
json_t *replay_json_counts(const struct replay_counts *c, const struct replay_known *known);

/* Returns an object with the schema "slabscope.replay/1". */
json_t *replay_json(const struct replay *r, const struct trace_losses *losses);

/* Returns an object with the schema "slabscope.sweep/1". */
json_t *replay_json_sweep(const struct replay_sweep *s, const struct trace_losses *losses);

#endif
