/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * compare_model.h: a comparison as a model, for the screens that show one: what was recorded, and what came of
 * it, as sides of their own, as if all of it had been one round. A cache's id is its place in the comparison.
 */
#ifndef SLABSCOPE_COMPARE_MODEL_H
#define SLABSCOPE_COMPARE_MODEL_H

#include "compare/compare.h"
#include "model/model.h"

/* 0 or -ENOMEM, and then m is empty. The caller frees m. */
int compare_model(const struct compare *c, struct model *m);

#endif
