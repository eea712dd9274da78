/* SPDX-License-Identifier: MIT */
/*
 * ring_clock.h: CLOCK_MONOTONIC for events in rings, at half of its price: from the counter of the
 * processor, where the kernel takes its own time from it. A straight line leads from one to the
 * other. It is drawn anew every RING_CLOCK_NS, and its error stays below RING_CLOCK_ERROR.
 */
#ifndef RING_CLOCK_H
#define RING_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "notes.h"

/* TSan does not see a sequence count. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define RING_CLOCK_COUNTER
#endif

#define RING_CLOCK_NS	 2000000
#define RING_CLOCK_ERROR 1000 /* ns; measured: below 50 */

/* The line. sequence is odd while a thread changes it. */
struct ring_clock {
	uint64_t sequence;
	uint64_t counter, ns; /* a point of it */
	uint64_t slope;	      /* ns for each step of the counter, times 1 << 32; 0: unknown */
	uint64_t most;	      /* steps for which it holds */
};
extern struct ring_clock ring_clock_line __attribute__((visibility("hidden")));

/* Finds out whether the counter may be used. */
void ring_clock_open(void);

/* Returns the time, and draws the line anew where that is due. */
uint64_t ring_clock_renew(void);

/* Returns CLOCK_MONOTONIC in nanoseconds. */
static inline uint64_t ring_clock(void)
{
#ifdef RING_CLOCK_COUNTER
	const struct ring_clock *l = &ring_clock_line;
	uint64_t sequence = __atomic_load_n(&l->sequence, __ATOMIC_ACQUIRE);
	uint64_t steps = __builtin_ia32_rdtsc() - __atomic_load_n(&l->counter, __ATOMIC_RELAXED);
	uint64_t ns = __atomic_load_n(&l->ns, __ATOMIC_RELAXED) +
		      (steps * __atomic_load_n(&l->slope, __ATOMIC_RELAXED) >> 32);

	if (__builtin_expect(steps < __atomic_load_n(&l->most, __ATOMIC_RELAXED), 1)) {
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__builtin_expect(
			    !(sequence & 1) &&
				    sequence == __atomic_load_n(&l->sequence, __ATOMIC_RELAXED),
			    1))
			return ns;
	}
	return ring_clock_renew();
#else
	return trace_clock();
#endif
}

#endif
