// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* cost_scale.c: a logarithmic scale of costs, and how its levels look. */
#include "screen/cost_scale.h"

#include <math.h>

/* Returns the level of v on a logarithmic scale from least to most. */
static int level(double v, double least, double most)
{
	double place;

	if (!(v >= 0))
		return -1;
	if (v <= least)
		return 0;
	place = log(v / least) / log(most / least) * SCALE_LEVELS;
	return place < SCALE_LEVELS ? (int)place : SCALE_LEVELS - 1;
}

int cost_scale_hit(double hit_rate)
{
	return level(1 - hit_rate, 1e-3, 1);
}

int cost_scale_time(double ns)
{
	return level(ns, 200, 200e3);
}

int cost_scale_share(double v, double most)
{
	return most > 0 ? level(v, most / 1000, most) : v >= 0 ? 0 : -1;
}

enum style cost_scale_text(int l)
{
	return l < 0 ? STYLE_NORMAL : STYLE_SCALE + l;
}

enum style cost_scale_fill(int l)
{
	return l < 0 ? STYLE_DIM : STYLE_HEAT + l;
}

const char *cost_scale_sign(int l, bool utf8)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {".", ":", "-", "=", "+", "*", "#", "@"};

	return l < 0 ? "?" : utf8 ? blocks[l] : ascii[l];
}
