/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * trace_reader.h: reads a recording: the events of all CPUs in the order of their times. The reader
 * checks everything in the files: invalid data ends its stream, and trace_reader_losses() reports
 * it.
 */
#ifndef SLABSCOPE_TRACE_READER_H
#define SLABSCOPE_TRACE_READER_H

#include "base/failure.h"
#include "trace/trace.h"
#include "trace/trace_losses.h"

struct trace_reader;

/* Opens a recording. Returns 0, or -errno and why: no recording, a newer format, not readable. */
int trace_reader_open(struct trace_reader **to, const char *dir, struct failure *f);
void trace_reader_close(struct trace_reader *r);

/*
 * Returns the next event, or NULL at the end. It is valid until the next call; only events with
 * texts set them. At the same time, events without a CPU come before those of CPUs.
 */
const struct trace_event *trace_reader_next(struct trace_reader *r);

/* Returns to the first event. */
void trace_reader_rewind(struct trace_reader *r);

const struct trace_head *trace_reader_head(const struct trace_reader *r);

/* Sets the node of each CPU below cpus that has a stream; the others stay as they are. */
void trace_reader_nodes(const struct trace_reader *r, uint8_t *node, unsigned cpus);

/*
 * Gets the first and the last time in the headers of packets, in ns; 0 and 0 where there is none.
 * The last one is a hint: a header may be wrong, and packets after an unreadable one are skipped.
 */
void trace_reader_span(struct trace_reader *r, uint64_t *first, uint64_t *last);

const struct trace_losses *trace_reader_losses(const struct trace_reader *r);

#endif
