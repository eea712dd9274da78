/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* replay_threads_report.h: a replay on threads as text. */
#ifndef SLABSCOPE_REPLAY_THREADS_REPORT_H
#define SLABSCOPE_REPLAY_THREADS_REPORT_H

#include <stdio.h>

#include "replay/threads/replay_threads.h"

void replay_threads_report_print(FILE *to, const struct replay_threads *t,
				 const struct trace_losses *losses);

#endif
