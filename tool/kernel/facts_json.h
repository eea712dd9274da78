/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * facts_json.h: facts as JSON and back: a plan can be made on another machine than doctor ran on.
 */
#ifndef SLABSCOPE_FACTS_JSON_H
#define SLABSCOPE_FACTS_JSON_H

#include <jansson.h>

#include "kernel/facts.h"

/* Returns all facts, but of addresses only whether they are known. NULL: no memory. */
json_t *facts_json_make(const struct facts *facts);

/* Reads facts back; makes up addresses. Missing facts become 0. Returns 0 or -EINVAL. */
int facts_json_read(const json_t *from, struct facts *to);

#endif
