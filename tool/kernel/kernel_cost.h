/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_cost.h: the cost of the kernel's programs, from BPF run-time statistics. These read the
 * clock twice in every run of every BPF program, so they are on for short samples only.
 */
#ifndef SLABSCOPE_KERNEL_COST_H
#define SLABSCOPE_KERNEL_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/kernel_programs.h"

#define COST_SAMPLE_MS 50

struct kernel_cost {
	int stats;	   /* the descriptor that keeps the statistics on; -1: they are off */
	int refused;	   /* errno of switching them on; 0: success */
	uint64_t began_ns; /* of the sample */
	struct kernel_runs began;
	bool known; /* a sample was taken */
	double ns_per_event;
	double cpu_percent; /* of one CPU */
};

/* Begins the first sample at once: its privilege may be dropped later. */
void kernel_cost_open(struct kernel_cost *c, const struct kernel_programs *programs);
void kernel_cost_close(struct kernel_cost *c);

/* Begins a sample if one is due. Returns the milliseconds until kernel_cost_end(), or -1. */
int kernel_cost_begin(struct kernel_cost *c, const struct kernel_programs *programs);

/*
 * Ends a sample that is long enough. Returns the milliseconds until the next call; or -1, and there
 * may be a new result.
 */
int kernel_cost_end(struct kernel_cost *c, const struct kernel_programs *programs);

/* Has the next interval begin a sample. */
void kernel_cost_again(struct kernel_cost *c);

/*
 * Computes the cost from the runs in a sample of so many nanoseconds. Returns false if there were
 * too few.
 */
bool kernel_cost_take(struct kernel_cost *c, const struct kernel_runs *began,
		      const struct kernel_runs *now, uint64_t ns);

#endif
