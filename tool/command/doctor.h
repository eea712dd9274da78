/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * doctor.h: slabscope doctor.
 */
#ifndef SLABSCOPE_DOCTOR_H
#define SLABSCOPE_DOCTOR_H

#include "command/options.h"

/*
 * Prints what this kernel lets slabscope see, what not, why, and what to do: for people, or as one
 * JSON object. What is missing is no failure. Returns 0, or -errno of writing or of memory.
 */
int doctor_main(const struct doctor_options *o, struct failure *f);

#endif
