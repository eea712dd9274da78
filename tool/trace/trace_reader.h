/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * trace_reader.h: reads a recording, the events of all CPUs in the order of their times. Nothing in the
 * files is believed unchecked: what is out of bounds ends its stream, and is told.
 */
#ifndef SLABSCOPE_TRACE_READER_H
#define SLABSCOPE_TRACE_READER_H

#include "base/failure.h"
#include "trace/trace.h"
#include "trace/trace_losses.h"

struct trace_reader;

/* 0, or -errno and why: no recording, one of a newer slabscope, not readable. */
int trace_reader_open(struct trace_reader **to, const char *dir, struct failure *f);
void trace_reader_close(struct trace_reader *r);

/*
 * The next event, or NULL at the end. Valid until the next call; text only in events that have it.
 * Events of no CPU come before those of CPUs at the same time.
 */
const struct trace_event *trace_reader_next(struct trace_reader *r);

/* Back to the first event. */
void trace_reader_rewind(struct trace_reader *r);

const struct trace_head *trace_reader_head(const struct trace_reader *r);

/* Puts the node of each CPU below cpus that has a stream there; the others stay as they are. */
void trace_reader_nodes(const struct trace_reader *r, uint8_t *node, unsigned cpus);

/* The first and the last time that the heads of packets tell, in ns; 0 and 0 where there is none. The last
 * one is a hint: packets behind one that cannot be read are not looked at, and a head may lie. */
void trace_reader_span(const struct trace_reader *r, uint64_t *first, uint64_t *last);

const struct trace_losses *trace_reader_losses(const struct trace_reader *r);

#endif
