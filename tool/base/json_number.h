/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * json_number.h: numbers as JSON. An unknown number is null. All functions return NULL without
 * memory.
 */
#ifndef SLABSCOPE_JSON_NUMBER_H
#define SLABSCOPE_JSON_NUMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

json_t *json_number(double v); /* null for NAN and infinities */

/* Rounds to multiples of 1 / per_unit, a power of ten, to leave out meaningless digits. */
json_t *json_number_rounded(double v, double per_unit);

/* Returns a count, at most the largest integer of JSON, or null unless it is known. */
json_t *json_number_count(uint64_t v, bool known);

#endif
