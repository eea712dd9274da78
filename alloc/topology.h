/* SPDX-License-Identifier: MIT */
/*
 * topology.h: which node each CPU belongs to. SLAB_NODES=n in the environment makes n nodes up, and deals
 * the CPUs out to them in turn.
 */
#ifndef SLAB_TOPOLOGY_H
#define SLAB_TOPOLOGY_H

void topology_init(unsigned cpus);
unsigned topology_nodes(void);
int topology_node(unsigned cpu);

#endif
