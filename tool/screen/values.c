// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* values.c: "n/a", "-" and "~"; and the names of sides. */
#include "screen/values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct unit values_mark(const struct traffic *t, enum count c, struct unit u)
{
	return t->inferred & COUNT_BIT(c) ? unit_inferred(u) : u;
}

/* A doubt below this does not change the digits that are shown. */
#define DOUBT_LEAST 0.0005

struct unit values_hit(const struct traffic *t)
{
	struct unit u = unit_percent(t->hit_rate);

	if (traffic_hit_doubt(t) < DOUBT_LEAST)
		return values_mark(t, COUNT_HITS, u);
	/* Whole percents, and 100 only if all were hits. */
	u = unit_percent(t->hit_rate < 1 ? fmin(t->hit_rate + 0.005, 0.99) : 1);
	u.text[strcspn(u.text, ".")] = '\0';
	return values_mark(t, COUNT_HITS, u);
}

struct unit values_hit_doubt(const struct traffic *t, bool utf8)
{
	double doubt = traffic_hit_doubt(t);
	struct unit u = values_hit(t), to;

	if (doubt < DOUBT_LEAST)
		return u;
	snprintf(to.text, sizeof(to.text), "%.5s %s%.1f", u.text, utf8 ? "±" : "+-", doubt * 100);
	return to;
}

struct unit values_or_nothing(struct unit u, bool known)
{
	return known && !strcmp(u.text, "n/a") ? (struct unit){"-"} : u;
}

enum style values_style(const struct unit *u, enum style style)
{
	return !strcmp(u->text, "n/a") || !strcmp(u->text, "-") ? STYLE_DIM : style;
}

struct unit values_side(const struct model_side *side)
{
	struct unit u = {"kernel"};

	if (side->replayed)
		return (struct unit){"replay"};
	if (side->kind == SIDE_REFERENCE)
		snprintf(u.text, sizeof(u.text), "%d", side->pid);
	return u;
}
