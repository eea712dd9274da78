/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * trace_writer.h: writes a recording. Whole packets only are ever in the files: one that does not fit
 * on the disk is taken back. What was written survives whatever happens to the writer.
 */
#ifndef SLABSCOPE_TRACE_WRITER_H
#define SLABSCOPE_TRACE_WRITER_H

#include "base/failure.h"
#include "trace/trace.h"

struct trace_writer;

/* Makes the directory, which must not exist or be empty, and the metadata. 0, or -errno and why. */
int trace_writer_open(struct trace_writer **to, const char *dir, struct failure *f);

/* Says in the metadata what an empty pair of the probes takes that measure. 0, or -errno and why. */
int trace_writer_write_pair(struct trace_writer *w, const struct trace_pair *pair,
			    struct failure *f);

/*
 * Appends an event to its CPU's stream (or the state's); one that is earlier than the last one there gets
 * that one's time. Of the caller's event only what its id has is looked at. 0, or -errno and why: then
 * the trace is whole, but ends here.
 */
int trace_writer_write(struct trace_writer *w, const struct trace_event *e, struct failure *f);

/* So many more events of this CPU were lost before now. */
int trace_writer_write_lost(struct trace_writer *w, uint32_t cpu, uint64_t ns, uint64_t lost,
			    struct failure *f);

/* Puts everything into the files. */
int trace_writer_flush(struct trace_writer *w, struct failure *f);

uint64_t trace_writer_bytes(const struct trace_writer *w); /* in the files */

/* Flushes, and closes. Returns as the flush. */
int trace_writer_close(struct trace_writer *w, struct failure *f);

#endif
