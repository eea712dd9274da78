/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_json.h: a comparison as one JSON object. */
#ifndef SLABSCOPE_COMPARE_JSON_H
#define SLABSCOPE_COMPARE_JSON_H

#include <jansson.h>

#include "compare/compare.h"

/* Returns an object with the schema "slabscope.compare/1"; NULL: no memory. */
json_t *compare_json(const struct compare *c);

#endif
