/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_report.h: what a replay, or a sweep of them, gave: as text, and as one JSON object. */
#ifndef SLABSCOPE_REPLAY_REPORT_H
#define SLABSCOPE_REPLAY_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "replay/replay.h"
#include "replay/replay_sweep.h"

/* One object of counts, for other reports. */
json_t *replay_counts_json(const struct replay_counts *c, const struct replay_known *known);
/* What a recording lacks, a line each. */
void replay_print_losses(FILE *to, uint64_t nonsense, const struct trace_losses *losses);

void replay_print(FILE *to, const struct replay *r, const struct trace_losses *losses);
void sweep_print(FILE *to, const struct sweep *s, const struct trace_losses *losses);

/* NULL: no memory. Schemas "slabscope.replay/1" and "slabscope.sweep/1". */
json_t *replay_json(const struct replay *r, const struct trace_losses *losses);
json_t *sweep_json(const struct sweep *s, const struct trace_losses *losses);

#endif
