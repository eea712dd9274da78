/* SPDX-License-Identifier: MIT */
/*
 * inflight.h: who is inside a step. fork() waits until nobody is, for a child would lose the objects
 * that a step of another thread holds. Entering costs one addition to a CPU's own line.
 */
#ifndef SLAB_INFLIGHT_H
#define SLAB_INFLIGHT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INFLIGHT_SLOTS 64 /* CPUs share them beyond that */

struct in_flight {
	uint32_t steps;
} __attribute__((aligned(64)));

extern struct in_flight in_flight[INFLIGHT_SLOTS] __attribute__((visibility("hidden")));
extern uint32_t in_flight_forking __attribute__((visibility("hidden")));
extern __thread unsigned in_flight_depth
	__attribute__((visibility("hidden"), tls_model("initial-exec")));

/* Waits until the fork is over; called with the step not yet counted. */
void in_flight_wait(void);

/* A step may run another one inside (a slab's freelist is an object too): only the outermost counts. */
static inline void in_flight_enter(int cpu)
{
	uint32_t *steps = &in_flight[(unsigned)cpu % INFLIGHT_SLOTS].steps;

	if (in_flight_depth++)
		return;
	for (;;) {
		__atomic_fetch_add(steps, 1, __ATOMIC_SEQ_CST);
		if (__builtin_expect(!__atomic_load_n(&in_flight_forking, __ATOMIC_SEQ_CST), 1))
			return;
		__atomic_fetch_sub(steps, 1, __ATOMIC_SEQ_CST);
		in_flight_wait();
	}
}

static inline void in_flight_leave(int cpu)
{
	if (--in_flight_depth == 0)
		__atomic_fetch_sub(&in_flight[(unsigned)cpu % INFLIGHT_SLOTS].steps, 1,
				   __ATOMIC_RELEASE);
}

/*
 * Debug builds: the caller must run inside a step. (The kernel's counterpart is that interrupts are off:
 * what a step holds is nobody else's.)
 */
static inline void check_irq_off(void)
{
#ifdef SLAB_DEBUG
	if (!in_flight_depth) {
		fprintf(stderr,
			"libslab: BUG: outside a step, what it holds may be somebody else's\n");
		abort();
	}
#endif
}

/* For fork(): nobody is inside between the two, but the caller itself. */
void in_flight_stop(void);
void in_flight_go(void);

#endif
