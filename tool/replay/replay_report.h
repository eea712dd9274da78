/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_report.h: a replay, or a sweep, as text. */
#ifndef SLABSCOPE_REPLAY_REPORT_H
#define SLABSCOPE_REPLAY_REPORT_H

#include <stdio.h>

#include "replay/replay_sweep.h"

void replay_report_print(FILE *to, const struct replay *r, const struct trace_losses *losses);
void replay_report_print_sweep(FILE *to, const struct replay_sweep *s,
			       const struct trace_losses *losses);

/* Prints what a recording lacks, a line each. */
void replay_report_print_losses(FILE *to, uint64_t nonsense, const struct trace_losses *losses);

/* Prints how many objects of a cache are older than the recording, and how many frees it lacks. */
void replay_report_print_unseen(FILE *to, const char *name, uint64_t live_before,
				uint64_t freed_unseen);

#endif
