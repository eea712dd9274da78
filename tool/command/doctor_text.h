/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* doctor_text.h: the report of doctor as text. */
#ifndef SLABSCOPE_DOCTOR_TEXT_H
#define SLABSCOPE_DOCTOR_TEXT_H

#include "kernel/plan.h"

/* Prints what this kernel offers, what slabscope reads from it, and what is missing. */
void doctor_text_print(const struct facts *facts, const struct plan *plan);

#endif
