/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * missing.h: the reasons why a source cannot show something, each once: what is missing, why, and
 * what to do. The plan of a kernel adds its own reasons, which plan_rules.c words.
 */
#ifndef SLABSCOPE_MISSING_H
#define SLABSCOPE_MISSING_H

#include "model/snapshot.h"

enum missing_reason {
	MISSING_SOURCE, /* a source as a whole */
	MISSING_CACHES, /* chosen caches that do not exist */
	MISSING_SIZES,	/* /proc/slabinfo */
	MISSING_INFERRED,
	MISSING_PROGRAMS,
	MISSING_COST,
	MISSING_OVERHEAD, /* the same, with a limit */
	/* the reference */
	MISSING_PROBES,
	MISSING_SOME_PROBES,
	MISSING_SOME_PROBES_ROOT, /* the same, for root */
	MISSING_ATTACHING,
	MISSING_OTHER_USERS,
	MISSING_EXAMINED,
	MISSING_PROCESS,
	MISSING_RELEASE,
	MISSING_MEMORY,
	MISSING_REGISTRY,
	MISSING_UNLISTED,
	/* a recording */
	MISSING_STACKS,
	MISSING_REST,
	MISSING_REASONS
};

struct missing_row {
	const char *what, *why; /* "%s" in them: what the caller of missing_add() passes */
	const char *remedy;	/* "": there is none */
};
extern const struct missing_row missing_rows[MISSING_REASONS];

/* Fills an entry. */
void missing_set(struct snap_missing *to, enum missing_reason reason, const char *what,
		 const char *why);

/* Adds an entry, unless there is one for the same what. Returns 0 or -ENOMEM. */
int missing_add(struct snapshot *to, enum missing_reason reason, const char *what, const char *why);

#endif
