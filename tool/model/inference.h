/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* inference.h: whether inferred refills can be trusted. */
#ifndef SLABSCOPE_INFERENCE_H
#define SLABSCOPE_INFERENCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Returns whether at most one of a hundred is in doubt. A few of a whole recording always may be.
 */
static inline bool inference_holds(uint64_t doubtful, uint64_t refills)
{
	return doubtful <= 4 + refills / 100;
}

/* The same for an interval: of its refills, or of the allocations that the hit rate is of. */
static inline bool inference_holds_now(uint64_t doubtful, uint64_t count)
{
	return doubtful <= count / 100;
}

#endif
