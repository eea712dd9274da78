/* SPDX-License-Identifier: MIT */
/*
 * cpus.h: the CPUs of this system, and the fence that stops the sequences on one of them.
 */
#ifndef SLAB_CPUS_H
#define SLAB_CPUS_H

/*
 * Returns how many CPUs get an array: those that this system seems to have. The numbers of all CPUs
 * on which a thread may ever run are below cpus_bound().
 */
unsigned cpus_possible(void);
unsigned cpus_bound(void);

/*
 * Aborts all sequences that run on the CPU, by membarrier, or else by running there. Returns 0, or
 * -errno where neither is possible. Keeps errno.
 */
int cpus_fence(int cpu);

#endif
