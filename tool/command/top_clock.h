/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* top_clock.h: the timer of top. */
#ifndef SLABSCOPE_TOP_CLOCK_H
#define SLABSCOPE_TOP_CLOCK_H

#include "command/top_state.h"

/* Opens the timer. Returns 0 or a negative errno. */
int top_clock_open(struct top *t);

/* Sets the length of an interval. Returns 0 or a negative errno. */
int top_clock_set(struct top *t, double interval_s);

#endif
