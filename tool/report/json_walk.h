/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* json_walk.h: a refill's steps as JSON. */
#ifndef SLABSCOPE_JSON_WALK_H
#define SLABSCOPE_JSON_WALK_H

#include <jansson.h>

#include "model/refill_walk.h"

/* What refill_walk_replay() shows, the lists before it included; JSON's null where no refill was complete yet; NULL
 * without memory. m says whose cache it is. */
json_t *json_walk(const struct walk *w, const struct model *m);

#endif
