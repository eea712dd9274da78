/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* events_pair.h: the durations that pair.bpf.c measures. */
#ifndef SLABSCOPE_EVENTS_PAIR_H
#define SLABSCOPE_EVENTS_PAIR_H

#include <linux/types.h>

#define PAIR_SAMPLES 1024 /* a power of two */

struct pair_samples {
	__u64 nr;
	__u64 ns[PAIR_SAMPLES];
};

#endif
