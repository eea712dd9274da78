/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * rounds.h: opens the sources and makes intervals: each snapshot minus the one before. The first
 * snapshot is the baseline. A source that fails is left out and reported as missing; it is an error
 * only when none is left.
 */
#ifndef SLABSCOPE_ROUNDS_H
#define SLABSCOPE_ROUNDS_H

#include "model/model.h"
#include "model/source.h"

#define ROUNDS_SOURCES 2

struct rounds {
	struct source *source[ROUNDS_SOURCES]; /* NULL: not opened */
	struct failure trouble[ROUNDS_SOURCES];
	const struct choice *choice;
	struct snapshot last;
	struct rounds_play {
		bool on;	  /* a recording is played; an interval is a part of it */
		uint64_t step_ns; /* that long */
		bool jump;	  /* the next interval ends there */
		uint64_t to_ns;
	} play;
};

/*
 * Opens the sources, drops privileges and takes the baseline. Returns 0; or a negative errno, and
 * nothing stays open.
 */
int rounds_open(struct rounds *r, const struct source_options *o, struct failure *f);

/* Ends an interval and fills m, which the caller frees. Returns 0 or a negative errno. */
int rounds_next(struct rounds *r, struct model *m, struct failure *f);

/*
 * Fills m with the present state as an interval of no length: gauges, but no rates. Returns as
 * rounds_next().
 */
int rounds_now(struct rounds *r, struct model *m, struct failure *f);

/* Has the sources add the steps of a cache of the reference; side 0: of none. */
void rounds_watch(struct rounds *r, uint64_t side, uint64_t cache);

/* As leave_out() of a source, for all sources. */
void rounds_leave_out(struct rounds *r, uint32_t counts);

void rounds_close(struct rounds *r);

#endif
