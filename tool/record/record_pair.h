/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_pair.h: measures the duration of an empty pair of the probes of the kernel. */
#ifndef SLABSCOPE_RECORD_PAIR_H
#define SLABSCOPE_RECORD_PAIR_H

#include "base/failure.h"
#include "trace/trace.h"

/*
 * Measures fentry and fexit, or kprobe and kretprobe. Returns 0, or -errno and why: then *to is
 * empty.
 */
int record_pair_measure(bool kprobe, struct trace_pair *to, struct failure *f);

/*
 * Summarizes nr durations, which it sorts. It skips the first ones, because the caches of the
 * processor are cold.
 */
struct trace_pair record_pair_of(uint64_t *ns, unsigned nr);

#endif
