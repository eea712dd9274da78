/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* compare_verdict.h: what differs, whether it is more than noise, and the sentence that says so. */
#ifndef SLABSCOPE_COMPARE_VERDICT_H
#define SLABSCOPE_COMPARE_VERDICT_H

#include "compare.h"

/* Fills verdicts and sentence from what both sides have come to. */
void compare_judge(const struct compare *all, struct compare_cache *c);

#endif
