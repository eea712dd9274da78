// SPDX-License-Identifier: MIT
/*
 * inflight.c: lets fork() wait for steps.
 */
#include "inflight.h"

#include <pthread.h>
#include <sched.h>

struct in_flight in_flight[INFLIGHT_SLOTS];
uint32_t in_flight_forking;
__thread unsigned in_flight_depth;
static pthread_mutex_t forking = PTHREAD_MUTEX_INITIALIZER; /* held from stop to go */

void in_flight_wait(void)
{
	pthread_mutex_lock(&forking);
	pthread_mutex_unlock(&forking);
}

static uint32_t steps(void)
{
	uint32_t sum = 0;

	for (unsigned slot = 0; slot < INFLIGHT_SLOTS; slot++)
		sum += __atomic_load_n(&in_flight[slot].steps, __ATOMIC_SEQ_CST);
	return sum;
}

void in_flight_stop(void)
{
	uint32_t own = in_flight_depth > 0; /* a fork() out of a signal handler inside a step */

	pthread_mutex_lock(&forking);
	__atomic_store_n(&in_flight_forking, 1, __ATOMIC_SEQ_CST);
	while (steps() > own)
		sched_yield();
	in_flight_depth++;
}

void in_flight_go(void)
{
	in_flight_depth--;
	__atomic_store_n(&in_flight_forking, 0, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&forking);
}
