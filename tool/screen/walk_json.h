/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* walk_json.h: the steps of a refill as JSON. */
#ifndef SLABSCOPE_WALK_JSON_H
#define SLABSCOPE_WALK_JSON_H

#include <jansson.h>

#include "model/refill_walk.h"

/* Returns the refill that refill_walk_replay() shows, with the lists before it; null in JSON if no
 * refill is complete yet; NULL without memory. m has the cache. */
json_t *walk_json(const struct walk *w, const struct model *m);

#endif
