/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * facts_json.h: facts as JSON and back: what doctor printed on one machine is planned on another.
 */
#ifndef SLABSCOPE_FACTS_JSON_H
#define SLABSCOPE_FACTS_JSON_H

#include <jansson.h>

#include "kernel/facts.h"

/* All facts but addresses, of which only is said whether they are known. NULL: no memory. */
json_t *facts_json_make(const struct facts *facts);

/* The opposite; addresses are made up. Facts that are not in from are 0. 0 or -EINVAL. */
int facts_json_read(const json_t *from, struct facts *to);

#endif
