/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* record_pair.h: measures what a pair of the kernel's probes takes, here and now. */
#ifndef SLABSCOPE_RECORD_PAIR_H
#define SLABSCOPE_RECORD_PAIR_H

#include "base/failure.h"
#include "trace/trace.h"

/* With fentry and fexit, or with kprobe and kretprobe. 0, or -errno and why: then *to says none. */
int record_pair_measure(bool kprobe, struct trace_pair *to, struct failure *f);

/* Of nr durations, which it sorts; the first ones, with nothing in the processor's caches yet, are left out. */
struct trace_pair record_pair_of(uint64_t *ns, unsigned nr);

#endif
