/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * rounds.h: opens the sources and turns them into rounds: each snapshot is compared with the one
 * before it. The first is the baseline. A source that fails is left out and named in what is
 * missing; only when none is left is it an error.
 */
#ifndef SLABSCOPE_ROUNDS_H
#define SLABSCOPE_ROUNDS_H

#include "model/model.h"
#include "model/source.h"

#define ROUNDS_SOURCES 2

struct rounds {
	struct source *source[ROUNDS_SOURCES]; /* NULL: could not be opened */
	struct failure trouble[ROUNDS_SOURCES];
	const struct choice *choice;
	struct snapshot last;
	struct rounds_play {
		bool on;	  /* a recording is played, of which a round is a part */
		uint64_t step_ns; /* that long */
		bool jump;	  /* the next one ends there, whatever came before */
		uint64_t to_ns;
	} play;
};

/* Opens the sources, drops privileges, and takes the baseline. 0 or a negative errno; nothing is then left open. */
int rounds_open(struct rounds *r, const struct source_options *o, struct failure *f);

/* Ends a round: fills m, which the caller frees. 0 or a negative errno. */
int rounds_next(struct rounds *r, struct model *m, struct failure *f);

/* What is there now, as a round of no length: gauges, but no rates. As rounds_next(). */
int rounds_now(struct rounds *r, struct model *m, struct failure *f);

/* Has the sources tell the steps of a cache of the reference, or, with side 0, of none. */
void rounds_watch(struct rounds *r, uint64_t side, uint64_t cache);

void rounds_close(struct rounds *r);

#endif
