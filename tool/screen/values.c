// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* values.c: "n/a", "-" and "~"; and the names of sides. */
#include "screen/values.h"

#include <stdio.h>
#include <string.h>

struct unit values_mark(const struct traffic *t, enum count c, struct unit u)
{
	return t->inferred & COUNT_BIT(c) ? unit_inferred(u) : u;
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
