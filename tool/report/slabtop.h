/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* slabtop.h: prints what slabtop(1) prints with -o: the same rows and columns. */
#ifndef SLABSCOPE_SLABTOP_H
#define SLABSCOPE_SLABTOP_H

#include <stdbool.h>

#include "screen/columns.h"
#include "base/failure.h"

/*
 * Prints /proc/slabinfo, sorted by a column that has a letter. Sizes are in KiB; for humans they
 * have a unit. Returns 0 or a negative errno.
 */
int slabtop_print(enum column sort, bool human, struct failure *f);

#endif
