/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* doctor_rows.h: the rows of a report of doctor, which its text and its JSON share. */
#ifndef SLABSCOPE_DOCTOR_ROWS_H
#define SLABSCOPE_DOCTOR_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/facts.h"
#include "system/privileges.h"

/* The capabilities that slabscope may use. */
#define DOCTOR_CAPABILITIES 7
extern const struct doctor_capability {
	const char *name;
	int number;
} doctor_capabilities[DOCTOR_CAPABILITIES];

bool doctor_rows_has_capability(const struct facts *facts, int number);

/* The facts that are an error number, and 0 where the trial succeeded. */
#define DOCTOR_TRIALS 10
extern const struct doctor_trial {
	const char *key, *name;
	size_t offset;
} doctor_trials[DOCTOR_TRIALS];

int doctor_rows_trial_error(const struct facts *facts, size_t trial);

/* A privilege that top keeps, and whether it was given. */
struct doctor_kept {
	const struct privilege *privilege;
	const char *where; /* "process", "thread" or "helper", as in JSON */
	bool held;
};
#define DOCTOR_KEPT_MAX (PRIVILEGES_KEPT + 2)

/* Fills the rows, and returns how many there are. */
int doctor_rows_kept(const struct facts *facts, struct doctor_kept to[DOCTOR_KEPT_MAX]);

#endif
