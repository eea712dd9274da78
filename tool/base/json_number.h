/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* json_number.h: numbers as JSON, null where they are not known. All return NULL without memory. */
#ifndef SLABSCOPE_JSON_NUMBER_H
#define SLABSCOPE_JSON_NUMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

json_t *json_number(double v); /* null for NAN and infinities */

/* Rounds to multiples of 1 / per_unit, a power of ten, so that no digits are printed that mean nothing. */
json_t *json_number_rounded(double v, double per_unit);

/* A count, at most JSON's largest integer; null unless it is known. */
json_t *json_number_count(uint64_t v, bool known);

#endif
