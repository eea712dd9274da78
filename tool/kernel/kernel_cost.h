/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * kernel_cost.h: what the kernel's programs cost, by BPF's run-time statistics. Those read the
 * clock twice in every run of any BPF program, so they are on for a sample only, every now and
 * then.
 */
#ifndef SLABSCOPE_KERNEL_COST_H
#define SLABSCOPE_KERNEL_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/kernel_programs.h"

#define COST_SAMPLE_MS 50

struct kernel_cost {
	int stats;	   /* the descriptor that keeps the statistics on; -1: they are off */
	int refused;	   /* errno of switching them on, 0: it went well */
	uint64_t began_ns; /* of the sample */
	struct kernel_runs began;
	bool known; /* a sample was taken */
	double ns_per_event;
	double cpu_percent; /* of one CPU */
};

/* Begins with the first sample, for which the privilege may be there now and not later. */
void kernel_cost_open(struct kernel_cost *c, const struct kernel_programs *programs);
void kernel_cost_close(struct kernel_cost *c);

/* Begins a sample where it is time for one. Returns milliseconds until kernel_cost_end(), or -1. */
int kernel_cost_begin(struct kernel_cost *c, const struct kernel_programs *programs);

/*
 * Ends a sample that has gone on long enough. Returns milliseconds until it is to be called again,
 * or -1; then there may be a new result.
 */
int kernel_cost_end(struct kernel_cost *c, const struct kernel_programs *programs);

/* The next round is to have a sample. */
void kernel_cost_again(struct kernel_cost *c);

/* Takes in what ran in a sample of so many nanoseconds. False: there was too little to tell. */
bool kernel_cost_take(struct kernel_cost *c, const struct kernel_runs *began,
		      const struct kernel_runs *now, uint64_t ns);

#endif
