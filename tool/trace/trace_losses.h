/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* trace_losses.h: what a recording lacks. */
#ifndef SLABSCOPE_TRACE_LOSSES_H
#define SLABSCOPE_TRACE_LOSSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Complete once the reader has reached the end. */
struct trace_losses {
	uint64_t discarded; /* events that were lost while recording */
	unsigned torn;	    /* streams that end in the middle of a packet, in invalid data, or
			     * where they cannot be read */
	char what[96];	    /* of the first of them: where, and what is wrong */
};

/*
 * Writes line n about the losses to text; nonsense is the number of events that the reader skipped.
 * Returns false where there are no more lines.
 */
bool trace_losses_line(const struct trace_losses *l, uint64_t nonsense, unsigned n, char *text,
		       size_t size);

#endif
