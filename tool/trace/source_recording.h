/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* source_recording.h: a recording as a source of snapshots, by the time of the recording. */
#ifndef SLABSCOPE_SOURCE_RECORDING_H
#define SLABSCOPE_SOURCE_RECORDING_H

#include "model/source.h"

/* Opens the recording o->from. Returns 0, or -errno and why. */
int source_recording_open(struct source **to, const struct source_options *o, struct failure *f);

/* Sets the time of the next read(), from the first event on. A time after the end is the end. */
void source_recording_seek(struct source *self, uint64_t at_ns);

#endif
