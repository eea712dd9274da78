/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * collector.h: a thread that owns the sources and makes intervals on request, so that slabscope
 * answers keys however long reading takes.
 */
#ifndef SLABSCOPE_COLLECTOR_H
#define SLABSCOPE_COLLECTOR_H

#include "base/failure.h"
#include "model/model.h"
#include "model/source.h"

struct collector;

/*
 * Opens the sources, takes the baseline and starts the thread, which inherits the signal mask. now,
 * unless NULL, becomes the present state as an interval of no length. Returns 0 or a negative
 * errno.
 */
int collector_open(struct collector **to, const struct source_options *o, struct model *now,
		   struct failure *f);

/* Requests that the interval ends now. Returns false while another request is under way. */
bool collector_ask(struct collector *c);

/*
 * For a recording: sets the length of an interval; and makes the next one end at a time after the
 * first event, wherever it begins.
 */
void collector_step(struct collector *c, uint64_t ns);
void collector_jump(struct collector *c, uint64_t to_ns);

/* Adds the steps of this cache of the reference to intervals from now on; side 0: of none. */
void collector_watch(struct collector *c, uint64_t side, uint64_t cache);

/* Leaves out counts (of COUNT_BIT) that nothing shows from the next interval on. */
void collector_leave_out(struct collector *c, uint32_t counts);

/* Returns a descriptor that is readable while an interval is ready. */
int collector_fd(const struct collector *c);

/*
 * Takes the interval that is ready. Returns 1 and m, which the caller frees; 0 when none is ready;
 * or a negative errno, after which there is no other interval.
 */
int collector_take(struct collector *c, struct model *m, struct failure *f);

/* Requests, waits and takes. Returns 0 and m, or a negative errno. */
int collector_round(struct collector *c, struct model *m, struct failure *f);

/*
 * Ends the thread and closes the sources. A thread stuck in the kernel is left until the process
 * ends. c may be NULL.
 */
void collector_close(struct collector *c);

#endif
