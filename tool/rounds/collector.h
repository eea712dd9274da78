/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * collector.h: a thread that owns the sources and makes rounds when it is asked to, so that keys are
 * answered however long the collecting takes.
 */
#ifndef SLABSCOPE_COLLECTOR_H
#define SLABSCOPE_COLLECTOR_H

#include "base/failure.h"
#include "model/model.h"
#include "model/source.h"

struct collector;

/*
 * Opens the sources, takes the baseline and starts the thread; the caller's signal mask is its, too.
 * now, unless NULL, becomes what is there, as a round of no length. 0 or a negative errno.
 */
int collector_open(struct collector **to, const struct source_options *o, struct model *now,
		   struct failure *f);

/* Asks for the round to end now. False: one is being made, and nothing more is asked. */
bool collector_ask(struct collector *c);

/* Of a recording: from the next round on a round is so long. And: the next round ends there, so long after
 * the first event, whatever came before. */
void collector_step(struct collector *c, uint64_t ns);
void collector_jump(struct collector *c, uint64_t to_ns);

/* From the next round on rounds tell the steps of this cache of the reference; side 0: of none. */
void collector_watch(struct collector *c, uint64_t side, uint64_t cache);

/* A descriptor that is readable while a round is ready to be taken. */
int collector_fd(const struct collector *c);

/* Takes the round that is ready: 1 and m, which the caller frees; 0: none is; or a negative errno, and
 * then there will be no other one. */
int collector_take(struct collector *c, struct model *m, struct failure *f);

/* Asks, waits and takes: 0 and m, or a negative errno. */
int collector_round(struct collector *c, struct model *m, struct failure *f);

/* Ends the thread and closes the sources. A thread that does not come back from the kernel is left to
 * the end of the process. c may be NULL. */
void collector_close(struct collector *c);

#endif
