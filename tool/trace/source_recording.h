/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* source_recording.h: a recording as a source: its snapshots are of its own time. */
#ifndef SLABSCOPE_SOURCE_RECORDING_H
#define SLABSCOPE_SOURCE_RECORDING_H

#include "model/source.h"

/* o->from names the recording. 0, or -errno and why. */
int source_recording_open(struct source **to, const struct source_options *o, struct failure *f);

/* The next read() is of this time, from the first event on, or of the end where that comes before. */
void source_recording_seek(struct source *self, uint64_t at_ns);

#endif
