// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* record_say.c: events, rate, bytes, losses, and seconds. */
#include "record/record_say.h"

#include <inttypes.h>

#include "base/units.h"

static const char *count_text(char to[24], uint64_t n, bool exact)
{
	if (exact)
		snprintf(to, 24, "%" PRIu64, n);
	else
		snprintf(to, 24, "%s", unit_count((double)n).text);
	return to;
}

void record_say(FILE *to, const struct record_so_far *r, bool exact, const char *begin,
		const char *end)
{
	char written[24], lost[24];

	fprintf(to, "%s%s events, %s/s, %sB, %s lost, %.1f s%s", begin,
		count_text(written, r->events, exact),
		unit_count(r->seconds > 0 ? (double)r->events / r->seconds : 0).text,
		unit_bytes((double)r->bytes).text, count_text(lost, r->lost, exact), r->seconds,
		end);
}
