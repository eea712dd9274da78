/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* verdict.h: what differs, whether it is more than noise, and the sentence that says so. */
#ifndef SLABSCOPE_VERDICT_H
#define SLABSCOPE_VERDICT_H

#include "compare/compare.h"

/* Fills the verdicts from what both sides have come to. */
void compare_judge(const struct compare *all, struct compare_cache *c);

struct compare_sentence {
	char text[384];
};

/* Says them. */
struct compare_sentence compare_sentence(const struct compare *all, const struct compare_cache *c,
					 bool utf8);

#endif
