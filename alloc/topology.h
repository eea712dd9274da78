/* SPDX-License-Identifier: MIT */
/*
 * topology.h: the node of each CPU. SLAB_NODES=n in the environment makes up n nodes and assigns
 * the CPUs to them in turn.
 */
#ifndef SLAB_TOPOLOGY_H
#define SLAB_TOPOLOGY_H

/* Reads the nodes of the machine, or makes them up for so many CPUs. */
void topology_init(unsigned cpus);

/* Returns how many nodes there are. */
unsigned topology_nodes(void);

/* Returns the node of a CPU. */
int topology_node(unsigned cpu);

#endif
