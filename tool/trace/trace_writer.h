/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * trace_writer.h: writes a recording. The files contain complete packets only: where one does not
 * fit on the disk, the writer removes its part. What is in the files survives a crash of the
 * writer.
 */
#ifndef SLABSCOPE_TRACE_WRITER_H
#define SLABSCOPE_TRACE_WRITER_H

#include "base/failure.h"
#include "trace/trace.h"

struct trace_writer;

/*
 * Makes the directory, which must not exist or be empty and this user's, and the metadata.
 * is_private: only its owner may read it. Returns 0, or -errno and why.
 */
int trace_writer_open(struct trace_writer **to, const char *dir, bool is_private,
		      struct failure *f);

/* Writes the duration of an empty pair of probes to the metadata. Returns 0, or -errno and why. */
int trace_writer_write_pair(struct trace_writer *w, const struct trace_pair *pair,
			    struct failure *f);

/*
 * Appends an event to the stream of its CPU or of the state. An event that is earlier than the last
 * one there gets the time of that one. Only the fields of its id are read. Returns 0, or -errno and
 * why: then the recording is complete, but ends here.
 */
int trace_writer_write(struct trace_writer *w, const struct trace_event *e, struct failure *f);

/* Notes that more events of this CPU were lost before now. Returns 0, or -errno and why. */
int trace_writer_write_lost(struct trace_writer *w, uint32_t cpu, uint64_t ns, uint64_t lost,
			    struct failure *f);

/* Writes everything to the files. Returns 0, or -errno and why. */
int trace_writer_flush(struct trace_writer *w, struct failure *f);

/* Return what is in the files. */
uint64_t trace_writer_bytes(const struct trace_writer *w);
uint64_t trace_writer_events(const struct trace_writer *w);

/* Closes, and removes all files, and the directory if it was made. */
void trace_writer_discard(struct trace_writer *w);

/* Flushes, and closes. Returns what the flush returns. */
int trace_writer_close(struct trace_writer *w, struct failure *f);

#endif
