/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* cpu_nodes.h: the NUMA node of each CPU. */
#ifndef SLABSCOPE_CPU_NODES_H
#define SLABSCOPE_CPU_NODES_H

#include <stddef.h>

#define SYS_NODES "/sys/devices/system/node"

/*
 * Fills *node with the node of each CPU below *nr, -1 where it is unknown, from the nodeN/cpulist
 * files below the directory. Adds nothing where a file is missing or wrong. The caller frees *node.
 */
void cpu_nodes_read(int **node, size_t *nr, const char *directory);

#endif
