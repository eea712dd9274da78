/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* plan_record.h: what a recording needs beside the counts. */
#ifndef SLABSCOPE_PLAN_RECORD_H
#define SLABSCOPE_PLAN_RECORD_H

#include "kernel/plan.h"

/* Adds to a plan what only a recording needs, and leaves out what it does not. */
void plan_record(const struct facts *facts, struct plan *plan);

#endif
