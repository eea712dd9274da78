// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* plan_missing.c: groups unknown quantities by reason. */
#include "kernel/plan_missing.h"

#include <stdio.h>
#include <string.h>

_Static_assert(QUANTITIES < 32, "a mask of quantities fits in 32 bits");

/* Adds a name to a list, or "..." for the first that does not fit. */
static void add_name(char *list, size_t size, const char *name)
{
	static const char more[] = ", ...";
	size_t used = strlen(list);

	if (used >= strlen(more) && !strcmp(list + used - strlen(more), more))
		return;
	if (used + strlen(name) + strlen(more) + 2 > size)
		name = "...";
	snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
}

static bool same_reason(const struct quantity_plan *a, const struct quantity_plan *b)
{
	return !a->known && !b->known && !strcmp(a->why, b->why) && !strcmp(a->remedy, b->remedy);
}

enum quantity plan_missing_next(const struct plan *plan, uint32_t *left, char *text, size_t size)
{
	enum quantity first = QUANTITIES;

	text[0] = '\0';
	for (int q = 0; q < QUANTITIES; q++) {
		if (!(*left >> q & 1) || plan->quantity[q].known)
			continue;
		if (first == QUANTITIES)
			first = q;
		if (!same_reason(&plan->quantity[first], &plan->quantity[q]))
			continue;
		*left &= ~(1u << q);
		add_name(text, size, plan_quantity_names[q]);
	}
	return first;
}
