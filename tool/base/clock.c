// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* clock.c: clock_gettime(2) in nanoseconds and in seconds. */
#include "base/clock.h"

static uint64_t read_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * CLOCK_SECOND + (uint64_t)t.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_boot_ns(void)
{
	return read_ns(CLOCK_BOOTTIME);
}

uint64_t clock_wall_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

double clock_monotonic(void)
{
	return (double)clock_monotonic_ns() / CLOCK_SECOND;
}

double clock_wall(void)
{
	return (double)clock_wall_ns() / CLOCK_SECOND;
}

struct timespec clock_after(unsigned ms)
{
	uint64_t ns = clock_monotonic_ns() + (uint64_t)ms * 1000000;

	return (struct timespec){(time_t)(ns / CLOCK_SECOND), (long)(ns % CLOCK_SECOND)};
}

void clock_condition(pthread_cond_t *to)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(to, &monotonic);
	pthread_condattr_destroy(&monotonic);
}
