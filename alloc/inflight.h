/* SPDX-License-Identifier: MIT */
/*
 * inflight.h: counts the threads inside steps. fork() waits until there are none, because a child
 * would lose the objects that a step of another thread holds. To enter costs one addition to a
 * cache line of the CPU.
 */
#ifndef SLAB_INFLIGHT_H
#define SLAB_INFLIGHT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INFLIGHT_SLOTS 64 /* CPU n uses slot n modulo this */

struct in_flight {
	uint32_t steps;
} __attribute__((aligned(64)));

extern struct in_flight in_flight[INFLIGHT_SLOTS] __attribute__((visibility("hidden")));
extern uint32_t in_flight_forking __attribute__((visibility("hidden")));
extern __thread unsigned in_flight_depth
	__attribute__((visibility("hidden"), tls_model("initial-exec")));

/* Waits until the fork is over. The caller has not yet counted its step. */
void in_flight_wait(void);

/* Enters a step. Only the outermost counts: a step may run another one, for management off slab. */
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
 * Checks in debug builds that the caller is inside a step. This is the counterpart of the kernel's
 * check that interrupts are off: only the step uses what it holds.
 */
static inline void check_irq_off(void)
{
#ifdef SLAB_DEBUG
	if (!in_flight_depth) {
		fprintf(stderr, "libslab: BUG: the slow path runs outside a step\n");
		abort();
	}
#endif
}

/*
 * For fork(): between the two only the caller is inside a step. Its calls count as inside that
 * step, so they do not wait.
 */
void in_flight_stop(void);
void in_flight_go(void);

#endif
