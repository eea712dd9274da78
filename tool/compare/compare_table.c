// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* compare_table.c: the values of the table of verdicts, and its words. */
#include "compare/compare_table.h"

#include <math.h>
#include <stdio.h>

#include "compare/compare_text.h"

const char *const compare_table_title[COMPARE_VALUES] = {
	[COMPARE_ALLOCS] = "ALLOCS",  [COMPARE_HIT] = "HIT%",	     [COMPARE_HIT_REF] = "ref",
	[COMPARE_REFILLS] = "REFILL", [COMPARE_REFILLS_REF] = "ref", [COMPARE_P50] = "P50",
	[COMPARE_P50_REF] = "ref",
};

const enum compare_table_value compare_table_place[COMPARE_VALUES] = {
	COMPARE_ALLOCS,	     COMPARE_HIT, COMPARE_HIT_REF, COMPARE_REFILLS,
	COMPARE_REFILLS_REF, COMPARE_P50, COMPARE_P50_REF};

const char *const compare_table_refills[] = {"-", "same", "fewer", "more"};
const char *const compare_table_times[] = {"-", "same", "shorter", "longer"};

int compare_table_shown(int columns)
{
	int room = (columns - 2 * COMPARE_TABLE_VERDICT) / COMPARE_TABLE_VALUE;

	return room >= COMPARE_VALUES ? COMPARE_VALUES : room < 0 ? 0 : room & ~1;
}

static struct unit short_number(double v)
{
	struct unit u = {"n/a"};

	if (!isnan(v))
		snprintf(u.text, sizeof(u.text), "%.*f", v >= 99.95 ? 0 : v >= 9.995 ? 1 : 2, v);
	return u;
}

struct unit compare_table_value(const struct compare *all, const struct compare_cache *c,
				enum compare_table_value value, bool utf8)
{
	const struct compare_side *a = &c->recorded, *b = &c->reference;

	switch (value) {
	case COMPARE_ALLOCS:
		return unit_count((double)a->counts.allocs);
	case COMPARE_HIT:
		return a->inferred ? unit_inferred(unit_percent(a->hit_rate.value))
				   : unit_percent(a->hit_rate.value);
	case COMPARE_HIT_REF:
		return unit_percent(b->hit_rate.value);
	case COMPARE_REFILLS:
		return a->inferred ? unit_inferred(short_number(a->refills_per_1000.value))
				   : short_number(a->refills_per_1000.value);
	case COMPARE_REFILLS_REF:
		return short_number(b->refills_per_1000.value);
	case COMPARE_P50:
		return compare_text_duration(all, a->latency.quantile[0].value, utf8);
	default:
		return compare_text_duration(all, b->latency.quantile[0].value, utf8);
	}
}
