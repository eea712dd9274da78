/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* clock.h: the clocks of the machine as numbers. */
#ifndef SLABSCOPE_CLOCK_H
#define SLABSCOPE_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#define CLOCK_SECOND 1000000000u /* in nanoseconds */

uint64_t clock_monotonic_ns(void);
uint64_t clock_boot_ns(void); /* as monotonic, with the time of suspends */
uint64_t clock_wall_ns(void); /* since 1970 */

/* Returns the same in seconds. */
double clock_monotonic(void);
double clock_wall(void);

/* Returns the monotonic time so many milliseconds from now. */
struct timespec clock_after(unsigned ms);

/* Initializes a condition that waits by the monotonic clock, as clock_after() needs it. */
void clock_condition(pthread_cond_t *to);

#endif
