/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* cost_scale.h: one scale of costs for all screens: cheap and expensive look the same everywhere. */
#ifndef SLABSCOPE_COST_SCALE_H
#define SLABSCOPE_COST_SCALE_H

#include "screen/cells.h"

/* Levels, from 0 to SCALE_LEVELS - 1: logarithmic, as costs are felt. -1 where there is no value. */
int cost_scale_hit(double hit_rate);	     /* 0.1 % of misses is the lowest, 100 % the highest */
int cost_scale_time(double ns);		     /* 200 ns to 200 us */
int cost_scale_share(double v, double most); /* a thousandth of the most to the most */

/* Returns the style of text, or of a filled cell; normal or dim where level is -1. */
enum style cost_scale_text(int level);
enum style cost_scale_fill(int level);

/* Returns a sign for the level that needs no colour. */
const char *cost_scale_sign(int level, bool utf8);

#endif
