// SPDX-License-Identifier: MIT
/*
 * ring_clock.c: draws the line from the counter of the processor to CLOCK_MONOTONIC. Two points of
 * it are measured, at least RING_CLOCK_NS apart. Where the second is not where the line led to, the
 * machine was suspended or moved, and the line begins anew.
 */
#include "ring_clock.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SOURCE	   "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define MEASURE_NS 1000 /* a measurement that takes longer was interrupted */
#define SLEW	   8192 /* the kernel's time and the counter differ by less than 1 in so many */
#define SLOWEST	   ((uint64_t)4 << 32) /* slopes of counters of 250 MHz */
#define FASTEST	   ((uint64_t)1 << 28) /* and 16 GHz */

struct ring_clock ring_clock_line;

#ifdef RING_CLOCK_COUNTER
static bool usable;
static uint64_t first_counter, first_ns; /* a point before the one that is due */

void ring_clock_open(void)
{
	char name[8] = "";
	int fd = open(SOURCE, O_RDONLY | O_CLOEXEC);

	/* The kernel takes another source where counters of CPUs differ. */
	usable = fd >= 0 && read(fd, name, sizeof(name) - 1) > 0 && !strcmp(name, "tsc\n");
	if (fd >= 0)
		close(fd);
	ring_clock_line = (struct ring_clock){0};
	first_ns = 0;
}

/* Returns what the line says of a counter. */
static uint64_t predict(const struct ring_clock *l, uint64_t counter)
{
	return l->ns + (uint64_t)((unsigned __int128)(counter - l->counter) * l->slope >> 32);
}

/*
 * Returns whether a point lies where the line leads to. After a long time it may be a little off,
 * because the kernel adjusts its clock.
 */
static bool continues(const struct ring_clock *l, uint64_t counter, uint64_t ns)
{
	uint64_t allowed = RING_CLOCK_ERROR + (ns - l->ns) / SLEW;

	return !l->slope || predict(l, counter) - ns + allowed <= 2 * allowed;
}

/* Draws the line through the last point and this one. */
static void draw(struct ring_clock *l, uint64_t counter, uint64_t ns)
{
	bool valid = first_ns && counter > first_counter && ns > first_ns;
	uint64_t slope = 0;

	if (valid && ns - first_ns < RING_CLOCK_NS)
		return;
	if (valid && continues(l, counter, ns))
		slope = (uint64_t)(((unsigned __int128)(ns - first_ns) << 32) /
				   (counter - first_counter));
	if (slope < FASTEST || slope > SLOWEST)
		slope = 0;
	l->slope = slope;
	l->most = slope ? ((uint64_t)RING_CLOCK_NS << 32) / slope : 0;
	l->counter = first_counter = counter;
	l->ns = first_ns = ns;
}

uint64_t ring_clock_renew(void)
{
	struct ring_clock *l = &ring_clock_line;
	uint64_t sequence = __atomic_load_n(&l->sequence, __ATOMIC_RELAXED);
	uint64_t before, ns, counter;

	/* Another thread may be at it, or the code that this signal interrupts. */
	if (!usable || sequence & 1 ||
	    !__atomic_compare_exchange_n(&l->sequence, &sequence, sequence + 1, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return trace_clock();
	before = trace_clock();
	counter = __builtin_ia32_rdtsc();
	ns = trace_clock();
	if (ns - before < MEASURE_NS)
		draw(l, counter, before + (ns - before) / 2);
	__atomic_store_n(&l->sequence, sequence + 2, __ATOMIC_RELEASE);
	return ns;
}
#else
void ring_clock_open(void)
{
}

uint64_t ring_clock_renew(void)
{
	return trace_clock();
}
#endif
