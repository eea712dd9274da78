/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* cost_scale.h: one scale of costs: cheap and expensive look the same on all screens. */
#ifndef SLABSCOPE_COST_SCALE_H
#define SLABSCOPE_COST_SCALE_H

#include "screen/cells.h"

/* Return a level from 0 to SCALE_LEVELS - 1 on a logarithmic scale; -1 for NAN. */
int cost_scale_hit(double hit_rate);	     /* 0.1 % of misses is the lowest, 100 % the highest */
int cost_scale_time(double ns);		     /* 200 ns to 200 us */
int cost_scale_share(double v, double most); /* a thousandth of the most to the most */

/* Returns the style of text, or of a filled cell; normal or dim where level is -1. */
enum style cost_scale_text(int level);
enum style cost_scale_fill(int level);

/* Returns a sign for the level that needs no colour. */
const char *cost_scale_sign(int level, bool utf8);

#endif
