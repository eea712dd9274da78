// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* trace_losses.c: the losses of a recording, in words. */
#include "trace/trace_losses.h"

#include <inttypes.h>
#include <stdio.h>

bool trace_losses_line(const struct trace_losses *l, uint64_t nonsense, unsigned n, char *text,
		       size_t size)
{
	if (l->discarded && !n--) {
		snprintf(text, size,
			 "%" PRIu64 " events were lost while recording: the counts are too low",
			 l->discarded);
		return true;
	}
	if (l->torn && !n--) {
		snprintf(text, size, "the recording is cut off in %u place%s (%s)", l->torn,
			 l->torn == 1 ? "" : "s", l->what);
		return true;
	}
	if (nonsense && !n--) {
		snprintf(text, size,
			 "%" PRIu64 " events are of no known cache or CPU and are left out",
			 nonsense);
		return true;
	}
	return false;
}
