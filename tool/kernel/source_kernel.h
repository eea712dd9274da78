/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* source_kernel.h: snapshots of the running kernel's allocator. */
#ifndef SLABSCOPE_SOURCE_KERNEL_H
#define SLABSCOPE_SOURCE_KERNEL_H

#include "model/source.h"

/*
 * Opens the source, which the caller closes. It does not fail where privileges or features of the
 * kernel are missing: it then shows less, and reports what is missing.
 */
int source_kernel_open(struct source **to, const struct source_options *o, struct failure *f);

#endif
