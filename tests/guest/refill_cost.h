/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * refill_cost.h: what refill_cost.c and its BPF programs share: one sample a refill.
 */
#ifndef REFILL_COST_H
#define REFILL_COST_H

#define SAMPLES 8192

enum cost_origin { COST_SHARED, COST_PARTIAL, COST_FREE, COST_GROWN, COST_ORIGINS };

struct sample {
	__u32 origin; /* enum cost_origin */
	__u32 got;    /* objects */
	__u64 ns;
};

struct costs {
	__u64 empty_ns; /* of the two programs around nothing */
	__u64 nr;
	struct sample sample[SAMPLES];
};

#endif
