/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* source_reference.h: snapshots of every process that contains libslab. */
#ifndef SLABSCOPE_SOURCE_REFERENCE_H
#define SLABSCOPE_SOURCE_REFERENCE_H

#include "model/source.h"

/* Opens the source, which the caller closes. Returns 0 or a negative errno. */
int source_reference_open(struct source **to, const struct source_options *o, struct failure *f);

#endif
