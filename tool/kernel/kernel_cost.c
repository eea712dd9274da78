// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * kernel_cost.c: takes samples of fixed length; on a quiet machine they last until there are enough
 * events.
 */
#include "kernel/kernel_cost.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "system/privileges.h"

#define MS		1000000ull
#define EVERY_MS	10000
#define SAMPLE_MAX_MS	1000
#define EVENTS_AT_LEAST 200

static int start(struct kernel_cost *c, const struct kernel_programs *programs)
{
	c->began_ns = clock_monotonic_ns();
	c->stats = privileges_bpf_stats();
	if (c->stats < 0) {
		c->refused = -c->stats;
		c->stats = -1;
		return -1;
	}
	c->refused = 0;
	kernel_programs_runs(programs, &c->began);
	c->began_ns = clock_monotonic_ns();
	return COST_SAMPLE_MS;
}

void kernel_cost_open(struct kernel_cost *c, const struct kernel_programs *programs)
{
	*c = (struct kernel_cost){.stats = -1};
	start(c, programs);
}

void kernel_cost_close(struct kernel_cost *c)
{
	if (c->stats >= 0)
		close(c->stats);
	c->stats = -1;
}

int kernel_cost_begin(struct kernel_cost *c, const struct kernel_programs *programs)
{
	if (c->stats >= 0)
		return COST_SAMPLE_MS;
	if (c->began_ns && clock_monotonic_ns() < c->began_ns + EVERY_MS * MS)
		return -1;
	return start(c, programs);
}

bool kernel_cost_take(struct kernel_cost *c, const struct kernel_runs *began,
		      const struct kernel_runs *now, uint64_t ns)
{
	uint64_t events = now->events - began->events, spent = now->ns - began->ns;

	if (!ns || now->events <= began->events || now->ns < began->ns)
		return false;
	c->known = true;
	c->ns_per_event = (double)spent / (double)events;
	c->cpu_percent = 100 * (double)spent / (double)ns;
	return true;
}

int kernel_cost_end(struct kernel_cost *c, const struct kernel_programs *programs)
{
	struct kernel_runs runs;
	uint64_t ns;

	if (c->stats < 0)
		return -1;
	ns = clock_monotonic_ns() - c->began_ns;
	kernel_programs_runs(programs, &runs);
	if (ns < COST_SAMPLE_MS * MS ||
	    (ns < SAMPLE_MAX_MS * MS && runs.events < c->began.events + EVENTS_AT_LEAST))
		return COST_SAMPLE_MS;
	kernel_cost_close(c);
	kernel_cost_take(c, &c->began, &runs, ns);
	return -1;
}

void kernel_cost_again(struct kernel_cost *c)
{
	c->began_ns = 0;
}
