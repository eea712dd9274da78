/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* inference.h: what inferred refills are worth. */
#ifndef SLABSCOPE_INFERENCE_H
#define SLABSCOPE_INFERENCE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether they may be shown: at most one of a hundred is in doubt, but for a few that always may be. */
static inline bool inference_holds(uint64_t doubtful, uint64_t refills)
{
	return doubtful <= 4 + refills / 100;
}

#endif
