/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * life.h: the life of one cache: parameters, then operations, drawn from a stream of 32-bit words.
 */
#ifndef LIFE_H
#define LIFE_H

#include "pair.h"

/* The source of the words: an input, to its end; or random words, without end. */
struct source {
	const uint8_t *data; /* NULL: random */
	size_t left;
	uint64_t random;
};

/* Returns a number below bound; 0 where there are no more words. */
unsigned source_below(struct source *s, unsigned bound);

/* How a life chooses the objects to free. */
enum pick { NEWEST, OLDEST, ANY, SWEEP };

struct life {
	struct pair pair;
	struct model_params params;
	bool constructed;
	struct both *live;
	size_t nr_live, most_live, sweep;
	unsigned most_limit, most_shared; /* for which there is room */
	unsigned bias;			  /* so many of 256 operations are allocations */
	unsigned first_cpu, cpus;
	enum pick pick;
	unsigned long step;
};

/* The counts of all lives, so that a test can check that it did every kind of step. */
struct life_total {
	unsigned long steps, lives;
	struct model_counts counts;
	struct model_stats stats;
	unsigned long shrunk, reaped, tuned;
};
extern struct life_total life_total;

/* Call it once, before all else. */
void life_init(void);

void life_draw(struct life *l, struct source *s);

/*
 * Runs steps operations, or fewer where the words end, and compares everything every so many.
 * Returns false where libslab and the model differ: life_report() prints how. Else it frees all.
 */
bool life_live(struct life *l, struct source *s, unsigned long steps, unsigned every);
void life_report(const struct life *l, FILE *to);

#endif
