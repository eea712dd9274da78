/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_threads_report.h: what a replay on threads gave: as text, and as one JSON object. */
#ifndef SLABSCOPE_REPLAY_THREADS_REPORT_H
#define SLABSCOPE_REPLAY_THREADS_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "replay/threads/replay_threads.h"

void replay_threads_print(FILE *to, const struct replay_threads *t,
			  const struct trace_losses *losses);

/* NULL: no memory. Schema "slabscope.replay-threads/1". */
json_t *replay_threads_json(const struct replay_threads *t, const struct trace_losses *losses);

#endif
