/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* doctor_json.h: the report of doctor as JSON. */
#ifndef SLABSCOPE_DOCTOR_JSON_H
#define SLABSCOPE_DOCTOR_JSON_H

#include "base/failure.h"
#include "kernel/plan.h"

/* Prints one object. Returns 0, or a negative errno with the failure filled. */
int doctor_json_print(const struct facts *facts, const struct plan *plan, struct failure *f);

#endif
