/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * origin.h: where the objects of a refill came from. One table has all that the tool knows of each
 * place.
 */
#ifndef SLABSCOPE_ORIGIN_H
#define SLABSCOPE_ORIGIN_H

/*
 * The same numbers as enum slab_origin of slab_registry.h and enum kernel_origin of bpf/events.h.
 */
enum origin {
	ORIGIN_SHARED,
	ORIGIN_PARTIAL,
	ORIGIN_FREE,
	ORIGIN_CPU_SLAB,
	ORIGIN_CPU_PARTIAL,
	ORIGIN_SPARE,
	ORIGIN_BARN,
	ORIGIN_REMOTE,
	ORIGIN_GROWN,
	ORIGIN_FAILED,
	ORIGIN_UNEXPLAINED,
	ORIGINS
};

struct origin_row {
	const char *key;  /* in JSON and on screens */
	const char *what; /* in help */
	char letter;	  /* in bars */
	int level;	  /* on the scale of costs: 0 is the cheapest; -1: not known */
};

extern const struct origin_row origin_rows[ORIGINS];
extern const enum origin origin_by_cost[ORIGINS]; /* the cheapest first */

#endif
