/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* cpu_nodes.h: which NUMA node a CPU belongs to. */
#ifndef SLABSCOPE_CPU_NODES_H
#define SLABSCOPE_CPU_NODES_H

#include <stddef.h>

#define SYS_NODES "/sys/devices/system/node"

/*
 * Fills *node, which the caller frees, with the node of each CPU below *nr, -1 where it is unknown, from the
 * nodeN/cpulist files below directory. Adds nothing where these files are missing or make no sense.
 */
void cpu_nodes_read(int **node, size_t *nr, const char *directory);

#endif
