/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * compare_model.h: a comparison as a model, for the screens: the recorded side and the reference
 * are sides of it, and the whole recording is one interval. The id of a cache is its index in the
 * comparison.
 */
#ifndef SLABSCOPE_COMPARE_MODEL_H
#define SLABSCOPE_COMPARE_MODEL_H

#include "compare/compare.h"
#include "model/model.h"

/* Makes the model. Returns 0 or -ENOMEM, and then m is empty. The caller frees m. */
int compare_model(const struct compare *c, struct model *m);

#endif
